import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const commands = ["serve", "system", "verify", "export", "decrypt", "key"];

test("--help lists every command, and each has a help of its own", async () => {
  const { exitCode, stdout } = await runCli(["--help"]);
  expect(exitCode).toBe(0);
  for (const command of commands) {
    expect(stdout).toContain(`\n  ${command}`);
    const help = await runCli([command, "--help"]);
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    expect(help.stdout).toContain(`complianceguard ${command}`);
  }
}, 30_000);

test("--version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await runCli(["--version"])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
});

test.each([
  [[]],
  [["nothing"]],
  [["toString"]],
  [["serve", "--nothing"]],
  [["serve", "--port", "http"]],
  [["decrypt", "event.json"]],
  [["system", "remove", "x"]],
  [["verify", "one", "two"]],
  [["verify"]],
])("%j is not understood: exit code 2, and says where help is", async (args) => {
  const { exitCode, stdout, stderr } = await runCli(args);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^complianceguard: .+\nTry "complianceguard.* --help"\.\n$/);
});

test("an argument that would not be seen is shown as what it is", async () => {
  const { stderr } = await runCli(["\u001b[31m\u202e"]);
  expect(stderr).toContain("⟨U+001B⟩[31m⟨U+202E⟩");
});
