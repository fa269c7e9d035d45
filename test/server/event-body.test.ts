import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Payload } from "../../src/core/payload.ts";
import { readVectors } from "../support/vectors.ts";
import { ask, EMPTY_REFERENCE, eventFields, post, sharedPlatform } from "./test-platform.ts";

const platform = sharedPlatform({ allowUnknownSystems: true });

interface Envelope {
  readonly eventId: string;
  readonly systemId: string;
  readonly occurredAtUtc: string;
  readonly payload: Payload;
}

const envelopes = readVectors<readonly Envelope[]>("envelopes.json");

/** Content that no answer may show. */
const CONTENT = "the applicant's secret";

describe("the envelopes that Python sealed", () => {
  test.each(envelopes)("are accepted: $eventId", async ({ eventId, systemId, occurredAtUtc, payload }) => {
    const event = eventFields({ eventId, systemId, occurredAtUtc, payload });
    expect((await post(platform(), event)).status).toBe(201);
  });
});

/** A payload bound to the event, its ciphertext any bytes. */
function payloadFor(event: Record<string, unknown>): Payload {
  const { eventId, systemId, occurredAtUtc: timestamp } = event;
  const aad = JSON.stringify({ eventId, systemId, timestamp });
  return {
    ciphertext: Buffer.alloc(40, 7).toString("base64url"),
    keyId: "kek-1",
    nonce: Buffer.alloc(12, 9).toString("base64url"),
    aadHash: createHash("sha256").update(aad).digest("hex"),
  };
}

describe("a body is refused", () => {
  const event = eventFields();
  const payload = payloadFor(event);

  test.each<[string, string, object]>([
    ["with raw input", "raw_payload", { input: { prompt: CONTENT } }],
    ["with raw output", "raw_payload", { output: CONTENT }],
    ["with raw metadata, even null", "raw_payload", { metadata: null }],
    ["with raw input in its payload", "raw_payload", { payload: { ...payload, input: CONTENT } }],
    ["with a field that the wire format does not have", "invalid_event", { prompt: CONTENT }],
    ["whose id is no UUID", "invalid_event", { eventId: CONTENT }],
    ["without an id", "invalid_event", { eventId: undefined }],
    ["whose system is empty", "invalid_event", { systemId: "" }],
    ["whose system has a line feed", "invalid_event", { systemId: "a\nb" }],
    ["whose system has a lone surrogate", "invalid_event", { systemId: "a\ud800" }],
    ["without a time", "invalid_event", { occurredAtUtc: null }],
    ["whose time is no timestamp", "invalid_event", { occurredAtUtc: "1 May 2026" }],
    ["whose time has no zone", "invalid_event", { occurredAtUtc: "2026-05-01T12:00:00" }],
    ["whose time does not exist", "invalid_event", { occurredAtUtc: "2026-02-30T12:00:00Z" }],
    ["without a model", "invalid_event", { modelId: undefined }],
    ["whose version is a number", "invalid_event", { version: 1 }],
    ["whose classification is empty", "invalid_event", { decisionClassification: "" }],
    ["whose reference is upper case", "invalid_event", { inputReference: EMPTY_REFERENCE.toUpperCase() }],
    ["whose reference is short", "invalid_event", { outputReference: EMPTY_REFERENCE.slice(1) }],
    ["without a reference", "invalid_event", { metadataReference: undefined }],
    ["whose correlation is a number", "invalid_event", { correlationId: 1 }],
    ["whose correlation has a lone surrogate", "invalid_event", { correlationId: "\udc00" }],
    ["whose idempotency key is an object", "invalid_event", { idempotencyKey: {} }],
    ["whose oversight is text", "invalid_event", { humanOversight: CONTENT }],
    ["whose state is an array", "invalid_event", { systemState: [] }],
    ["whose actor is a number", "invalid_event", { actor: 1 }],
    ["whose reference data are an object", "invalid_event", { referenceData: {} }],
    ["whose reference data hold text", "invalid_event", { referenceData: [CONTENT] }],
    ["whose data subjects are text", "invalid_event", { dataSubjects: CONTENT }],
    ["whose data subjects hold a number", "invalid_event", { dataSubjects: [1] }],
    ["whose payload is text", "invalid_event", { payload: CONTENT }],
    ["whose payload lacks its key id", "incomplete_envelope", { payload: { ...payload, keyId: undefined } }],
    ["whose payload lacks its nonce", "incomplete_envelope", { payload: { ...payload, nonce: undefined } }],
    ["whose payload lacks its hash", "incomplete_envelope", { payload: { ...payload, aadHash: undefined } }],
    [
      "whose payload lacks its ciphertext",
      "incomplete_envelope",
      { payload: { ...payload, ciphertext: undefined } },
    ],
    ["whose payload has another field", "invalid_envelope", { payload: { ...payload, x: CONTENT } }],
    ["whose key id is empty", "invalid_envelope", { payload: { ...payload, keyId: "" } }],
    ["whose key id is null", "invalid_envelope", { payload: { ...payload, keyId: null } }],
    ["whose nonce is 11 bytes", "invalid_envelope", { payload: { ...payload, nonce: "AAAAAAAAAAAAAAA" } }],
    ["whose nonce is padded", "invalid_envelope", { payload: { ...payload, nonce: "AAAAAAAAAAAAAAAA=" } }],
    ["whose ciphertext is plain text", "invalid_envelope", { payload: { ...payload, ciphertext: CONTENT } }],
    [
      "whose ciphertext is base64",
      "invalid_envelope",
      { payload: { ...payload, ciphertext: Buffer.alloc(40, 255).toString("base64") } },
    ],
    [
      "whose ciphertext is shorter than its tag",
      "invalid_envelope",
      { payload: { ...payload, ciphertext: Buffer.alloc(15).toString("base64url") } },
    ],
    ["whose hash is short", "invalid_envelope", { payload: { ...payload, aadHash: "00" } }],
    ["whose payload is bound to another id", "aad_mismatch", { payload, eventId: crypto.randomUUID() }],
    ["whose payload is bound to another system", "aad_mismatch", { payload, systemId: "other" }],
    [
      "whose payload is bound to another spelling of its time",
      "aad_mismatch",
      { payload, occurredAtUtc: "2026-05-01T12:00:00.0Z" },
    ],
  ])("%s", async (_what, code, fields) => {
    const { status, headers, text, body } = await post(platform(), { ...event, ...fields });
    expect([status, body.code, body.status]).toEqual([400, code, 400]);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(text).not.toContain(CONTENT);
  });

  test.each<[string, string, string]>([
    ["that is empty", "invalid_json", ""],
    ["that is no JSON", "invalid_json", `{"x": ${CONTENT}}`],
    ["with NaN, as Python writes it", "invalid_json", JSON.stringify(event).replace('"gpt-5"', "NaN")],
    ["with a byte order mark", "invalid_json", `\ufeff${JSON.stringify(event)}`],
    ["that is an array", "invalid_event", JSON.stringify([event])],
    ["that is null", "invalid_event", "null"],
    ["with a name twice", "invalid_json", JSON.stringify(event).replace("{", '{"modelId":"gpt-6",')],
    [
      "with a name twice, once escaped",
      "invalid_json",
      JSON.stringify(event).replace("{", '{"model\\u0049d":"x",'),
    ],
    [
      "with a name twice inside",
      "invalid_json",
      JSON.stringify(event).replace("{", '{"actor":{"a":[{"b":1,"b":1}]},'),
    ],
  ])("%s", async (_what, code, body) => {
    const answer = await post(platform(), body);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(answer.text).not.toContain(CONTENT);
  });

  test("that is not UTF-8", async () => {
    const text = JSON.stringify(eventFields({ version: "caf\u00e9" }));
    const { status, body } = await ask(platform(), "/v1/events", {
      method: "POST",
      body: Buffer.from(text, "latin1"),
    });
    expect([status, body.code]).toEqual([400, "invalid_json"]);
  });

  test("and leaves nothing behind", async () => {
    const { status } = await ask(platform(), `/v1/events/${event.eventId}`);
    expect(status).toBe(404);
    expect((await post(platform(), { ...event, payload })).status).toBe(201);
  });
});

describe("how a body is sent", () => {
  test.each([
    ["text/plain", 415],
    ["application/xml", 415],
    ["application/jsonx", 415],
    ["application/json; charset=latin1", 415],
    ["application/json; charset=utf-8", 201],
    ['Application/JSON;charset="UTF-8"', 201],
  ])("as %s is answered with %d", async (contentType, expected) => {
    const init = { method: "POST", body: JSON.stringify(eventFields()) };
    const { status } = await ask(platform(), "/v1/events", {
      ...init,
      headers: { "content-type": contentType },
    });
    expect(status).toBe(expected);
  });

  test("compressed is answered with 415", async () => {
    const { status, body } = await ask(platform(), "/v1/events", {
      method: "POST",
      body: JSON.stringify(eventFields()),
      headers: { "content-encoding": "gzip" },
    });
    expect([status, body.code]).toEqual([415, "unsupported_media_type"]);
  });
});
