import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { verifyEvent } from "../../src/core/verify-event.ts";
import { createRecorder } from "../../src/create-recorder.ts";
import { type RunningServer, startServer } from "../../src/server/index.ts";

const payloadKey = Buffer.alloc(32, 5);
let directory: string;
let server: RunningServer;
let eventId: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
  server = await startServer({ directory, port: 0, systems: ["s"] });
  const recorder = createRecorder({
    baseUrl: server.url,
    apiKey: server.apiKey ?? "",
    systemId: "s",
    version: "1",
    decisionClassification: "automated_decision",
    modelId: "gpt-5",
    payloadKey,
    payloadKeyId: "k1",
    outbox: false,
  });
  const override = {
    requestId: "r",
    userId: "alice",
    reason: "wrong degree",
    originalOutput: 1,
    finalOutput: 2,
  };
  ({ eventId } = await recorder.logOverride(override));
  await recorder.close();
});

afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** The event as a platform shows it that has changed something. */
async function shownBy(change: (event: Record<string, unknown>) => void) {
  const fetchAndChange: typeof fetch = async (input, init) => {
    const event = (await (await fetch(input, init)).json()) as Record<string, unknown>;
    change(event);
    return Response.json(event);
  };
  await using client = new ComplianceGuardClient({
    baseUrl: server.url,
    apiKey: server.apiKey ?? "",
    fetch: fetchAndChange,
  });
  return await client.getEvent(eventId);
}

test("what an honest platform shows is authenticated", async () => {
  const { differs, authenticated } = await verifyEvent(await shownBy(() => {}), payloadKey);
  expect(differs).toEqual([]);
  expect(authenticated).toEqual(expect.arrayContaining(["modelId", "decisionClassification"]));
});

test.each([
  ["modelId", (event: Record<string, unknown>) => Object.assign(event, { modelId: "gpt-4" })],
  [
    "decisionClassification",
    (event: Record<string, unknown>) => Object.assign(event, { decisionClassification: "not_classified" }),
  ],
  [
    "humanOversight.reviewerId",
    (event: Record<string, unknown>) =>
      Object.assign(event["humanOversight"] as object, { reviewerId: "bob" }),
  ],
  [
    "humanOversight.decision",
    (event: Record<string, unknown>) =>
      Object.assign(event["humanOversight"] as object, { decision: "approve" }),
  ],
])("a platform that changes %s is shown as differing there, and nowhere else", async (field, change) => {
  const { differs } = await verifyEvent(await shownBy(change), payloadKey);
  expect(differs.map((each) => each.field)).toEqual([field]);
});

test("a platform that takes the oversight away is shown as differing", async () => {
  const { differs } = await verifyEvent(
    await shownBy((event) => {
      delete event["humanOversight"];
    }),
    payloadKey,
  );
  expect(differs.every(({ field, shown }) => field.startsWith("humanOversight") && shown === undefined)).toBe(
    true,
  );
  expect(differs.length).toBeGreaterThan(0);
});
