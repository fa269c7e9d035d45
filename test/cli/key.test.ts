import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { payloadKey } from "../../src/core/keys.ts";
import { testDirectory } from "../server/test-platform.ts";
import { runCli } from "./run-cli.ts";

test("prints a new key each time, and nothing else", async () => {
  const [one, other] = [await runCli(["key"]), await runCli(["key"])];
  expect(one).toMatchObject({ exitCode: 0, stderr: "" });
  expect(payloadKey(one.stdout).symmetricKeySize).toBe(32);
  expect(other.stdout).not.toBe(one.stdout);
});

test("writes it into a new file for its owner alone, and never over another", async () => {
  const file = join(await testDirectory(), "payload.key");
  expect(await runCli(["key", "--output", file])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  const text = await readFile(file, "utf8");
  expect(payloadKey(text).symmetricKeySize).toBe(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  const again = await runCli(["key", "--output", file]);
  expect([again.exitCode, again.stdout]).toEqual([1, ""]);
  expect(await readFile(file, "utf8")).toBe(text);
});
