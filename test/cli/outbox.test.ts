import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { destinationDirectory } from "../../src/outbox/directory.ts";
import { acknowledge, closedPort, startPlatform } from "../client/platform-double.ts";
import { outgoing, testOutbox } from "../outbox/fixtures.ts";
import { leftFile } from "../outbox/left-file.ts";
import { recorded } from "../outbox/writers.ts";
import { API_KEY, ask, testDirectory, testPlatform } from "../server/test-platform.ts";
import { runCli } from "./run-cli.ts";

test("shows, replays and drops what a process has left", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const env = { COMPLIANCEGUARD_BASE_URL: server.url, COMPLIANCEGUARD_API_KEY: API_KEY };
  const cli = (args: readonly string[], stdin = "") =>
    runCli(["outbox", ...args, "--directory", directory], { env, stdin });
  const [later, wrong, open] = [
    outgoing({ systemId: "later" }),
    outgoing({ occurredAtUtc: "never" }),
    outgoing(),
  ];
  const outbox = testOutbox({ directory, baseUrl: server.url });
  await outbox.submit(later);
  await outbox.submit(wrong);
  await outbox.begin(open);
  await outbox.flush();
  const inUse = await cli(["status"]);
  expect(inUse.stdout).toBe(
    `waiting 0\nopen 1\ndead letters 2\nbytes ${later.body.length + wrong.body.length + open.body.length}\nfiles 1, 1 of running processes\n`,
  );
  for (const action of ["replay", "drop"]) {
    const { exitCode, stdout, stderr } = await cli([action, later.eventId, "--yes"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`a running process has the dead letter ${later.eventId}`);
  }
  await outbox.close();

  expect((await cli(["status"])).stdout).toContain("files 1, 0 of running processes");
  const letters = await cli(["dead-letters"]);
  expect(letters.stdout).toMatch(new RegExp(`^${later.eventId} \\S+ unknown_system_id`, "m"));
  expect(letters.stdout).toMatch(new RegExp(`^${wrong.eventId} \\S+ api_error 400`, "m"));
  expect(await cli(["deliver"])).toMatchObject({
    exitCode: 0,
    stdout: "delivered 1, waiting 0, dead letters 2\n",
  });
  expect((await recorded(server)).has(open.eventId)).toBe(true);

  await ask(server, "/v1/systems", { method: "POST", body: JSON.stringify({ systemId: "later" }) });
  expect((await cli(["replay", later.eventId])).stdout).toBe(
    "1 event goes again\ndelivered 1, waiting 0, dead letters 1\n",
  );
  expect((await cli(["drop", wrong.eventId])).stdout).toBe("nothing dropped\n");
  expect((await cli(["drop", wrong.eventId], "yes\n")).stdout).toMatch(
    /^dropped .*\ndelivered 1, waiting 0, dead letters 0\n$/,
  );
  for (const action of ["replay", "drop"]) {
    const { exitCode, stdout, stderr } = await cli([action, wrong.eventId]);
    // Not even asked.
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`there is no dead letter ${wrong.eventId}`);
  }
  expect((await cli(["status"])).stdout).toContain("files 0");
}, 60_000);

test("sends what was kept under another key only where that is said, and never against what the platform has said", async () => {
  const server = await testPlatform();
  await using other = await startPlatform(acknowledge);
  const cli = (directory: string, url: string, ...args: readonly string[]) => {
    const env = { COMPLIANCEGUARD_BASE_URL: url, COMPLIANCEGUARD_API_KEY: API_KEY };
    return runCli(["outbox", "deliver", "--directory", directory, ...args], { env });
  };
  const left = await leftFile(server.url, 3, "key-before-it-was-exchanged");
  const held = await cli(left.directory, server.url);
  expect(held).toMatchObject({
    exitCode: 1,
    stdout: "delivered 0, waiting 3, dead letters 0, paused: other_key\n",
  });
  expect(held.stderr).toContain("--other-key");
  expect(await cli(left.directory, server.url, "--other-key")).toMatchObject({
    exitCode: 0,
    stdout: "delivered 3, waiting 0, dead letters 0\n",
  });

  // An answer has named the environment of these.
  const directory = await testDirectory();
  const pinned = testOutbox({ directory, baseUrl: other.url, apiKey: "key-of-another-tenant" });
  await pinned.submit(outgoing());
  await pinned.flush();
  await pinned.begin(outgoing());
  await pinned.close();
  const before = other.requests.length;
  const refused = await cli(directory, other.url, "--other-key");
  expect(refused).toMatchObject({
    exitCode: 1,
    stdout: "delivered 0, waiting 1, dead letters 0, paused: other_key\n",
  });
  expect(refused.stderr).not.toContain("--other-key");
  expect(other.requests).toHaveLength(before);
}, 60_000);

test("where nothing was ever kept, every action says so, and makes nothing", async () => {
  const directory = join(await testDirectory(), "x");
  const env = { COMPLIANCEGUARD_BASE_URL: "http://127.0.0.1:1", COMPLIANCEGUARD_API_KEY: API_KEY };
  for (const [exitCode, ...args] of [
    [0, "status"],
    [0, "dead-letters"],
    [0, "deliver"],
    [0, "replay"],
    [1, "replay", "ID"],
    [1, "drop", "ID"],
  ] as const) {
    const result = await runCli(["outbox", ...args, "--directory", directory], { env });
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(`nothing was ever kept in ${directory} for http://127.0.0.1:1`);
  }
  expect(existsSync(directory)).toBe(false);
}, 60_000);

test("says why nothing could be delivered, and what was set aside or cannot be read", async () => {
  const directory = await testDirectory();
  const baseUrl = await closedPort();
  const env = { COMPLIANCEGUARD_BASE_URL: baseUrl, COMPLIANCEGUARD_API_KEY: API_KEY };
  const cli = (...args: readonly string[]) => runCli(["outbox", ...args, "--directory", directory], { env });
  const outbox = testOutbox({ directory, baseUrl });
  await outbox.submit(outgoing());
  await outbox.close({ timeoutMs: 0 });
  const delivered = await cli("deliver", "--timeout", "50");
  expect(delivered).toMatchObject({ exitCode: 1, stdout: "delivered 0, waiting 1, dead letters 0\n" });
  expect(delivered.stderr).toContain(baseUrl);

  const destination = destinationDirectory(directory, baseUrl, "default");
  const planted = join(destination, "planted.db");
  writeFileSync(planted, "x", { mode: 0o644 });
  for (const action of ["status", "dead-letters"]) {
    const shown = await cli(action);
    expect(shown.exitCode).toBe(1);
    expect(shown.stderr).toContain(planted);
  }
  expect((await cli("deliver", "--timeout", "50")).stderr).toContain("planted.db");
  const status = await cli("status");
  expect(status.exitCode).toBe(0);
  expect(status.stdout).toContain(`set aside 1, planted or damaged: see ${join(destination, "aside")}\n`);
}, 60_000);

test("a platform's words stay on the line of their dead letter", async () => {
  await using platform = await startPlatform((answer) => answer.writeHead(400).end("two\nlines"));
  const directory = await testDirectory();
  const outbox = testOutbox({ directory, baseUrl: platform.url });
  await outbox.submit(outgoing());
  await outbox.close();
  const { stdout } = await runCli([
    "outbox",
    "dead-letters",
    "--url",
    platform.url,
    "--directory",
    directory,
  ]);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
});

test("says what is wrong with its arguments: exit code 2", async () => {
  const env = { COMPLIANCEGUARD_BASE_URL: "http://127.0.0.1:1" };
  for (const args of [
    ["outbox"],
    ["outbox", "look"],
    ["outbox", "toString"],
    ["outbox", "deliver", "--timeout", "1s"],
    ["outbox", "drop"],
    ["outbox", "status", "ID"],
    ["outbox", "deliver"],
  ]) {
    expect(await runCli(args, { env })).toMatchObject({ exitCode: 2 });
  }
});
