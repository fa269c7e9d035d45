import { expect, test } from "vitest";
import { outgoing, testOutbox } from "../outbox/fixtures.ts";
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
    "1 events go again\ndelivered 1, waiting 0, dead letters 1\n",
  );
  expect((await cli(["drop", wrong.eventId])).stdout).toBe("nothing dropped\n");
  expect((await cli(["drop", wrong.eventId], "yes\n")).stdout).toMatch(
    /^dropped .*\ndelivered 1, waiting 0, dead letters 0\n$/,
  );
  expect((await cli(["drop", wrong.eventId, "--yes"])).exitCode).toBe(1);
  expect((await cli(["status"])).stdout).toContain("files 0");
}, 60_000);

test("says what is wrong with its arguments: exit code 2", async () => {
  const env = { COMPLIANCEGUARD_BASE_URL: "http://127.0.0.1:1" };
  for (const args of [
    ["outbox"],
    ["outbox", "look"],
    ["outbox", "drop"],
    ["outbox", "status", "ID"],
    ["outbox", "deliver"],
  ]) {
    expect(await runCli(args, { env })).toMatchObject({ exitCode: 2 });
  }
});
