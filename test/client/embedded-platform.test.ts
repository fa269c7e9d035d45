import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { directSink } from "../../src/client/direct-sink.ts";
import type { EventFilter } from "../../src/client/event-filter.ts";
import { decryptEvent } from "../../src/core/decrypt-event.ts";
import { newEventId } from "../../src/core/uuid.ts";
import { type RunningServer, startServer } from "../../src/server/serve.ts";
import { caught } from "../support/error-code.ts";

const API_KEY = "cg_all_scopes_canary";
const WRITE_KEY = "cg_write_only_canary";
const EVENT = {
  systemId: "cv-screening-prod",
  modelId: "gpt-5",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
};

let directory: string;
let server: RunningServer;
let client: ComplianceGuardClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "complianceguard-client-"));
  server = await startServer({
    directory,
    port: 0,
    systems: [EVENT.systemId, "other"],
    apiKey: API_KEY,
    apiKeys: [{ key: WRITE_KEY, scopes: ["events:write"] }],
  });
  client = new ComplianceGuardClient({ baseUrl: server.url, apiKey: API_KEY });
});

afterAll(async () => {
  await client.close();
  await server.close();
  await rm(directory, { recursive: true });
});

test("an event is recorded, read and decrypted again", async () => {
  const key = Buffer.alloc(32, 7);
  const content = { input: { prompt: "é 🦔" }, output: { answer: 1 }, metadata: { tags: [] } };
  const receipt = await client.ingestEvent({ ...EVENT, ...content, payloadKey: key, payloadKeyId: "k1" });
  expect(receipt).toMatchObject({ systemId: EVENT.systemId, eventIdSource: "client" });
  const event = await client.getEvent(receipt.eventId);
  expect(event).toMatchObject({
    ...EVENT,
    sequenceNumber: receipt.sequenceNumber,
    eventHash: receipt.eventHash,
  });
  expect(await decryptEvent(event, key)).toEqual(content);
});

test("the same body again gets the first receipt", async () => {
  const event = {
    ...EVENT,
    eventId: newEventId(),
    occurredAtUtc: "2026-05-01T12:00:00Z",
    idempotencyKey: "once",
  };
  expect(await client.ingestEvent(event)).toEqual(await client.ingestEvent(event));
});

test("a listing over pages gives every event once, in order, and filters as asked", async () => {
  const sent: string[] = [];
  for (let n = 0; n < 7; n++) {
    const occurredAtUtc = `2026-06-0${n + 1}T00:00:00Z`;
    sent.push(
      (await client.ingestEvent({ ...EVENT, systemId: "other", correlationId: `c${n % 2}`, occurredAtUtc }))
        .eventId,
    );
  }
  const idsOf = async (filter: EventFilter) => {
    const ids: string[] = [];
    for await (const event of client.listEvents({ systemId: "other", limit: 2, ...filter }))
      ids.push(event.eventId);
    return ids;
  };
  expect(await idsOf({})).toEqual(sent);
  expect(await idsOf({ correlationId: "c1" })).toEqual([sent[1], sent[3], sent[5]]);
  expect(await idsOf({ from: "2026-06-03T02:00:00+02:00", to: "2026-06-05T00:00:00Z" })).toEqual([
    sent[2],
    sent[3],
  ]);
  const { sequenceNumber } = await client.getEvent(sent[4] ?? "");
  expect(await idsOf({ after: Number(sequenceNumber) })).toEqual([sent[5], sent[6]]);
});

test("an unregistered system, a taken id and a missing event are told apart", async () => {
  expect(await caught(() => client.ingestEvent({ ...EVENT, systemId: "nobody" }))).toMatchObject({
    code: "unknown_system_id",
    systemId: "nobody",
  });
  const eventId = newEventId();
  await client.ingestEvent({ ...EVENT, eventId });
  expect(await caught(() => client.ingestEvent({ ...EVENT, eventId, modelId: "other" }))).toMatchObject({
    status: 409,
    problem: "event_id_conflict",
  });
  expect(await caught(() => client.getEvent(newEventId()))).toMatchObject({
    status: 404,
    problem: "not_found",
  });
});

test("a direct sink is ready with a key that may only write, and not with a wrong one", async () => {
  await using writer = new ComplianceGuardClient({ baseUrl: server.url, apiKey: WRITE_KEY });
  await directSink(writer).ready?.();
  await using stranger = new ComplianceGuardClient({ baseUrl: server.url, apiKey: "cg_nobody_knows_it" });
  expect(await caught(async () => directSink(stranger).ready?.())).toMatchObject({ status: 401 });
});
