import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createRecorder } from "../../src/create-recorder.ts";
import { outboxObstacle } from "../../src/outbox/hosting.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";
import { API_KEY, testDirectory, testPlatform } from "../server/test-platform.ts";
import { codeOf } from "../support/error-code.ts";

const settings = { apiKey: API_KEY, systemId: "s", version: "1", decisionClassification: "not_classified" };

test("serverless hosts and places that cannot be written have no outbox", async () => {
  const directory = await testDirectory();
  const file = join(directory, "file");
  writeFileSync(file, "");
  expect(outboxObstacle(join(directory, "made", "later"), {})).toBeUndefined();
  expect(outboxObstacle(directory, { AWS_LAMBDA_FUNCTION_NAME: "f" })).toContain("Lambda");
  expect(outboxObstacle(directory, { VERCEL: "1" })).toContain("Vercel");
  expect(outboxObstacle(file, {})).toContain(file);
  expect(outboxObstacle(join(file, "below"), {})).toContain("below");
});

test("without a place for an outbox events go directly, which is said once; but a policy that may block is refused", async () => {
  const server = await testPlatform();
  const directory = join(await testDirectory(), "file");
  writeFileSync(directory, "");
  const troubles: Trouble[] = [];
  const options = {
    ...settings,
    baseUrl: server.url,
    outbox: { directory },
    onError: (each: Trouble) => troubles.push(each),
  };
  const recorder = createRecorder(options);
  await recorder.start({ kind: "model", input: () => ({}) }).succeed({});
  expect(await recorder.close()).toEqual({ delivered: 3, waiting: 0, deadLetters: 0 });
  expect(troubles.map(({ code }) => code)).toEqual(["delivery_direct"]);
  expect(await codeOf(() => createRecorder({ ...options, onFailure: "block" }))).toBe("outbox_unusable");
  expect(await codeOf(() => createRecorder({ ...options, onFailure: () => "continue" }))).toBe(
    "outbox_unusable",
  );
});

test("on Vercel events go directly", async () => {
  vi.stubEnv("VERCEL", "1");
  onTestFinished(() => void vi.unstubAllEnvs());
  const troubles: Trouble[] = [];
  const server = await testPlatform();
  const recorder = createRecorder({
    ...settings,
    baseUrl: server.url,
    onError: (each) => troubles.push(each),
  });
  await recorder.close();
  expect(troubles.map(({ code }) => code)).toEqual(["delivery_direct"]);
});

test("under block a call is refused where its start record cannot be kept; under continue it goes on", async () => {
  const server = await testPlatform();
  for (const onFailure of ["block", "continue"] as const) {
    const directory = await testDirectory();
    const troubles: Trouble[] = [];
    const recorder = createRecorder({
      ...settings,
      baseUrl: server.url,
      outbox: { directory },
      onFailure,
      onError: (each) => troubles.push(each),
    });
    // Writable, but not to be trusted once somebody else may write in it.
    const outbox = join(directory, "outbox");
    mkdirSync(outbox);
    chmodSync(outbox, 0o777);
    const run = recorder.start({ kind: "model", input: () => ({}) });
    expect(await codeOf(() => run.admitted)).toBe(
      onFailure === "block" ? "record_not_kept" : "nothing thrown",
    );
    await run.succeed({});
    expect(await recorder.close()).toMatchObject({ delivered: 0, paused: "outbox_unusable" });
    expect(troubles.length).toBeGreaterThan(0);
  }
});
