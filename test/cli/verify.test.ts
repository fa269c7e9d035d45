import { appendFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ChainLink } from "../../src/evidence/chain-link.ts";
import { chainOfEvents } from "../evidence/chain-of-events.ts";
import { API_KEY, ask, eventFields, post, sharedPlatform, testDirectory } from "../server/test-platform.ts";
import { runCli } from "./run-cli.ts";

const platform = sharedPlatform();
const env = () => ({ COMPLIANCEGUARD_BASE_URL: platform().url, COMPLIANCEGUARD_API_KEY: API_KEY });

beforeAll(async () => {
  for (let count = 0; count < 3; count++) await post(platform(), eventFields());
});

/** A file with these links, one a line. */
async function exportOf(links: readonly ChainLink[], name = "export.jsonl"): Promise<string> {
  const file = join(await testDirectory(), name);
  await writeFile(file, links.map((link) => `${JSON.stringify(link)}\n`).join(""));
  return file;
}

describe("verify of a platform", () => {
  test("says what was checked, the head and the basis", async () => {
    const { exitCode, stdout, stderr } = await runCli(["verify"], { env: env() });
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { body } = await ask(platform(), "/v1/chain");
    expect(stdout).toContain(`3 ${body.head.eventHash}`);
    expect(stdout).toContain("3 entries");
    expect(stdout).toContain("self-consistent only");
    expect(stdout).not.toContain("verified");
  });

  test("takes the address from --url", async () => {
    const { url } = platform();
    const { exitCode } = await runCli(["verify", "--url", `${url}/`], {
      env: { COMPLIANCEGUARD_BASE_URL: "http://127.0.0.1:1", COMPLIANCEGUARD_API_KEY: API_KEY },
    });
    expect(exitCode).toBe(0);
  });

  test("that does not know the key, or does not answer, ends with 1 and never shows the key", async () => {
    const key = "a-key-that-nobody-knows";
    const wrong = await runCli(["verify"], { env: { ...env(), COMPLIANCEGUARD_API_KEY: key } });
    expect([wrong.exitCode, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toContain("401");
    const nobody = await runCli(["verify", "--url", "http://127.0.0.1:1"], { env: { ...env() } });
    expect([nobody.exitCode, nobody.stdout]).toEqual([1, ""]);
    expect(wrong.stderr + nobody.stderr).not.toMatch(/nobody-knows|only-for-these-tests/);
  });

  test("is refused over http to another machine, where the key could be read on the way", async () => {
    const { exitCode, stderr } = await runCli(["verify", "--url", "http://example.com"], { env: env() });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("https");
  });
});

describe("verify of a file", () => {
  const chain = chainOfEvents(4);

  test("finds nothing in a chain that is whole, from a file or standard input", async () => {
    const file = await exportOf(chain);
    expect(await runCli(["verify", file])).toMatchObject({ exitCode: 0, stderr: "" });
    const stdin = await readFile(file, "utf8");
    expect(await runCli(["verify", "-"], { stdin })).toMatchObject({ exitCode: 0 });
  });

  test("names the entry that does not fit, and ends with 1", async () => {
    const links = chain.map((link, index) => (index === 2 ? { ...link, body: `${link.body} ` } : link));
    const { exitCode, stdout } = await runCli(["verify", await exportOf(links)]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("wrong_body at entry 3");
  });

  test("finds a file that was cut in the middle of a line", async () => {
    const file = await exportOf(chain);
    await writeFile(file, (await readFile(file, "utf8")).slice(0, -100));
    const { exitCode, stdout } = await runCli(["verify", file]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("malformed_link at entry 4");
  });

  test("against an earlier export says that it is the basis", async () => {
    const [earlier, later] = [await exportOf(chain.slice(0, 2), "earlier.jsonl"), await exportOf(chain)];
    const { exitCode, stdout } = await runCli(["verify", later, "--against", earlier]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`(grown from the head of ${earlier} of 2026-05-01T12:00:01.000Z)`);
    const same = await runCli(["verify", later, "--against", later]);
    expect(same.stdout).toContain(`(same head as ${later} of 2026-05-01T12:00:01.000Z)`);
  });

  test("against an earlier export that it does not continue ends with 1", async () => {
    const [earlier, rebuilt] = [await exportOf(chain), await exportOf(chain.slice(0, 3))];
    const { exitCode, stdout } = await runCli(["verify", rebuilt, "--against", earlier]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("earlier_head_missing");
  });

  test("against a file that is no basis itself is refused", async () => {
    const file = await exportOf(chain);
    for (const bad of [await exportOf([]), await exportOf(chain.slice(1))]) {
      expect(await runCli(["verify", file, "--against", bad])).toMatchObject({ exitCode: 1, stdout: "" });
    }
  });

  test("that is not there, or is a directory, ends with 1 and a sentence", async () => {
    expect(await runCli(["verify", "no-such-file"])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "complianceguard: cannot open no-such-file: no such file or directory\n",
    });
    const { exitCode, stderr } = await runCli(["verify", await testDirectory()]);
    expect(exitCode).toBe(1);
    expect(stderr).toBe("complianceguard: cannot read: illegal operation on a directory\n");
  });
});

describe("export", () => {
  test("writes a new file for its owner alone, which verify checks against the platform", async () => {
    const file = join(await testDirectory(), "export.jsonl");
    const { exitCode, stdout } = await runCli(["export", "--output", file], { env: env() });
    expect([exitCode, stdout]).toEqual([0, ""]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { body } = await ask(platform(), "/v1/chain");
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(body.links);
    const verified = await runCli(["verify", "--against", file], { env: env() });
    expect(verified).toMatchObject({ exitCode: 0 });
    expect(verified.stdout).toContain(`same head as ${file}`);
  });

  test("writes the same to standard output", async () => {
    const { stdout } = await runCli(["export"], { env: env() });
    expect(await runCli(["verify", "-"], { stdin: stdout })).toMatchObject({ exitCode: 0 });
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
  });

  test("never writes over a file", async () => {
    const file = join(await testDirectory(), "export.jsonl");
    await appendFile(file, "precious");
    expect(await runCli(["export", "--output", file], { env: env() })).toMatchObject({ exitCode: 1 });
    expect(await readFile(file, "utf8")).toBe("precious");
  });

  test("leaves nothing where it fails", async () => {
    const directory = await testDirectory();
    const failed = await runCli(["export", "--output", "export.jsonl"], {
      cwd: directory,
      env: { ...env(), COMPLIANCEGUARD_API_KEY: "a-key-that-nobody-knows" },
    });
    expect(failed.exitCode).toBe(1);
    await expect(stat(join(directory, "export.jsonl"))).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });
});
