import { expect, test } from "vitest";
import { readStoredEvent } from "../../src/core/stored-event.ts";
import { caught, codeOf } from "../support/error-code.ts";

const camelCase = {
  eventId: "019a0000-0000-7000-8000-000000000001",
  systemId: "cv-screening-prod",
  occurredAtUtc: "2026-05-01T12:00:00Z",
  inputReference: "00",
  sequenceNumber: 7,
  systemState: { run: { parent_id: "a", parentId: "b" } },
  payloadCiphertext: "c",
  payloadKeyId: "k",
  payloadNonce: "n",
  payloadAadHash: "a",
};

const snakeCase = {
  event_id: camelCase.eventId,
  system_id: camelCase.systemId,
  occurred_at_utc: camelCase.occurredAtUtc,
  input_reference: "00",
  sequence_number: 7,
  system_state: camelCase.systemState,
  payload_ciphertext: "c",
  payload_key_id: "k",
  payload_nonce: "n",
  payload_aad_hash: "a",
};

test("an event is the same in camelCase, in snake_case and as it was sent, and the objects inside stay as they are", () => {
  const {
    payloadCiphertext: ciphertext,
    payloadKeyId: keyId,
    payloadNonce: nonce,
    payloadAadHash: aadHash,
    ...fields
  } = camelCase;
  expect(readStoredEvent(camelCase)).toEqual(camelCase);
  expect(readStoredEvent(snakeCase)).toEqual(camelCase);
  expect(readStoredEvent({ ...fields, payload: { ciphertext, keyId, nonce, aadHash } })).toEqual(camelCase);
  expect(
    readStoredEvent({ ...fields, payload: { ciphertext, key_id: keyId, nonce, aad_hash: aadHash } }),
  ).toEqual(camelCase);
});

test("reading twice changes nothing, and nothing of the caller's is changed", () => {
  const before = structuredClone(snakeCase);
  expect(readStoredEvent(readStoredEvent(snakeCase))).toEqual(camelCase);
  expect(snakeCase).toEqual(before);
});

test("what is null is not there, in the payload too", () => {
  expect(
    readStoredEvent({ actor: null, modelId: undefined, payload: { nonce: null }, payloadKeyId: null }),
  ).toEqual({});
  expect(readStoredEvent({ payload: null })).toEqual({});
});

test("unknown fields are kept", () => {
  expect(readStoredEvent({ retention_class: "a", x: 1, payload: "text" })).toEqual({
    retentionClass: "a",
    x: 1,
    payload: "text",
  });
});

test("a field shown twice alike is shown once", () => {
  expect(readStoredEvent({ systemState: { a: [1] }, system_state: { a: [1] } })).toEqual({
    systemState: { a: [1] },
  });
});

test.each([
  [{ modelId: "a", model_id: "b" }, "modelId"],
  [{ payloadNonce: "a", payload: { nonce: "b" } }, "payloadNonce"],
  [{ systemState: { a: 1 }, system_state: { a: 2 } }, "systemState"],
])("%j, which shows a field twice and differently, is refused by its name", async (event, name) => {
  const error = await caught(() => readStoredEvent(event));
  expect(error?.code).toBe("invalid_argument");
  expect(error?.message).toContain(name);
});

test.each([null, undefined, "event", 7, [[]]])("%j is no event", async (event) => {
  expect(await codeOf(() => readStoredEvent(event))).toBe("invalid_argument");
});

test("a field named __proto__ is a field and gives the event no others", () => {
  const event = readStoredEvent(JSON.parse('{"__proto__": {"eventId": "x"}, "payload": {"__proto__": 1}}'));
  expect(event.eventId).toBeUndefined();
  expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
});
