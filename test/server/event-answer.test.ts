import fc from "fast-check";
import { expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { decryptEvent } from "../../src/core/decrypt-event.ts";
import { generateKey } from "../../src/core/keys.ts";
import { API_KEY, ask, eventFields, post, sharedPlatform } from "./test-platform.ts";

const platform = sharedPlatform();

test("a stored event has the fields of its body and the members of its entry", async () => {
  const event = eventFields({
    correlationId: "request-1",
    humanOversight: { decision: "override", notes: 'a "quoted" {note}' },
    referenceData: [{ index: 0 }],
    dataSubjects: ["p1"],
  });
  const { body: receipt } = await post(platform(), event);
  const { status, body } = await ask(platform(), `/v1/events/${event.eventId}`);
  expect(status).toBe(200);
  expect(body).toEqual({
    ...event,
    environmentId: receipt.environment_id,
    sequenceNumber: receipt.sequence_number,
    ingestedAtUtc: receipt.ingested_at_utc,
    eventHash: receipt.event_hash,
    receiptId: receipt.receipt_id,
    previousEventHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    bodyDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test("its id is found in either case", async () => {
  const event = eventFields();
  await post(platform(), event);
  const { body } = await ask(platform(), `/v1/events/${event.eventId.toUpperCase()}`);
  expect(body.eventId).toBe(event.eventId);
});

test("numbers come back as they were written, to the last digit", async () => {
  const event = eventFields({ systemState: "here" });
  const numbers = "[12345678901234567890, 1.0, -0.0, 1e400, 0.1000]";
  const text = JSON.stringify(event).replace('"here"', `{"metrics": ${numbers}}`);
  expect((await post(platform(), text)).status).toBe(201);
  const { text: shown } = await ask(platform(), `/v1/events/${event.eventId}`);
  expect(shown).toContain(`"systemState":{"metrics": ${numbers}}`);
  expect((await ask(platform(), "/v1/events?limit=1000")).text).toContain(numbers);
});

test("whatever JSON the objects hold comes back the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), async (systemState) => {
      const event = eventFields({ systemState });
      const body = JSON.stringify(event);
      await post(platform(), body);
      const { text } = await ask(platform(), `/v1/events/${event.eventId}`);
      const sent = JSON.parse(body) as { systemState: unknown };
      expect((JSON.parse(text) as { systemState: unknown }).systemState).toEqual(sent.systemState);
    }),
    { numRuns: 50 },
  );
});

test("an event with a payload has all four of its fields, and opens with the key", async () => {
  const client = new ComplianceGuardClient({ baseUrl: platform().url, apiKey: API_KEY });
  const key = generateKey();
  const content = { input: { prompt: "p" }, output: { answer: "a" }, metadata: {} };
  const { eventId } = await client.ingestEvent({
    systemId: "s",
    modelId: "m",
    version: "1",
    decisionClassification: "automated_decision",
    ...content,
    payloadKey: key,
    payloadKeyId: "kek-1",
  });
  const event = await client.getEvent(eventId);
  expect(Object.keys(event).filter((name) => name.startsWith("payload"))).toEqual([
    "payloadCiphertext",
    "payloadKeyId",
    "payloadNonce",
    "payloadAadHash",
  ]);
  expect((await ask(platform(), `/v1/events/${eventId}`)).body).not.toHaveProperty("payload");
  expect(await decryptEvent(event, key)).toEqual(content);
  await client.close();
});

test("an id that nobody sent is answered with 404, one that is none with 400", async () => {
  const unknown = await ask(platform(), `/v1/events/${crypto.randomUUID()}`);
  expect([unknown.status, unknown.body.code]).toEqual([404, "not_found"]);
  const malformed = await ask(platform(), "/v1/events/1%27--");
  expect([malformed.status, malformed.body.code]).toEqual([400, "invalid_query"]);
});
