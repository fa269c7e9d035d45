import { expect, test } from "vitest";
import { readEvent, readEventPage, readIngestResult } from "../../src/client/answers.ts";
import { caught, codeOf } from "../support/error-code.ts";
import { receiptFor } from "./platform-double.ts";

const ID = "0198c0de-0000-7000-8000-00000000abcd";

const RESULT = {
  eventId: ID,
  systemId: "cv-screening-prod",
  environmentId: "env_1",
  sequenceNumber: 7,
  ingestedAtUtc: "2026-05-01T12:00:01Z",
  eventHash: "ab".repeat(32),
  eventIdSource: "client",
  receiptId: "rcpt_1",
};

const STORED = {
  eventId: ID,
  systemId: "cv-screening-prod",
  occurredAtUtc: "2026-05-01T12:00:00Z",
  modelId: "gpt-5",
  version: "1",
  decisionClassification: "automated_decision",
  inputReference: "aa",
  outputReference: "bb",
  metadataReference: "cc",
};

test("the receipt is read in snake_case and in the camelCase of older servers", () => {
  expect(readIngestResult(JSON.stringify(receiptFor(ID)), ID)).toEqual(RESULT);
  expect(readIngestResult(JSON.stringify(RESULT), ID)).toEqual(RESULT);
});

test("what else the answer holds is left out, and the source of the id where older servers do not say it", () => {
  const older = { ...receiptFor(ID), surprise: 1, event_id_source: undefined };
  const { eventIdSource: __, ...expected } = RESULT;
  expect(readIngestResult(JSON.stringify(older), ID)).toEqual(expected);
});

test("a chain may begin at 0", () => {
  expect(readIngestResult(JSON.stringify({ ...RESULT, sequenceNumber: 0 }), ID).sequenceNumber).toBe(0);
});

test("an id that comes back in lower case is the same id", () => {
  expect(readIngestResult(JSON.stringify(receiptFor(ID)), ID.toUpperCase()).eventId).toBe(ID);
});

test.each(Object.keys(receiptFor(ID)).filter((name) => name !== "event_id_source"))(
  "an answer without %s, or with something else in its place, is none",
  async (name) => {
    for (const value of [undefined, null, "", {}, 1.5, -1]) {
      const text = JSON.stringify({ ...receiptFor(ID), [name]: value });
      expect(await codeOf(() => readIngestResult(text, ID))).toBe("invalid_answer");
    }
  },
);

test.each(["", "<html>hunter2</html>", "null", "[]", '"hunter2"', "7", "{", '{"event_id":"hunter2"'])(
  "%j is no answer of the platform, and the error does not quote it",
  async (text) => {
    for (const read of [
      () => readIngestResult(text, ID),
      () => readEvent(text, ID),
      () => readEventPage(text),
    ]) {
      const error = await caught(read);
      expect(error?.code).toBe("invalid_answer");
      expect(String(error)).not.toContain("hunter2");
    }
  },
);

test("an answer about another event is none", async () => {
  const other = ID.replace("abcd", "abce");
  expect(await codeOf(() => readIngestResult(JSON.stringify(receiptFor(other)), ID))).toBe("invalid_answer");
  expect(await codeOf(() => readEvent(JSON.stringify({ ...STORED, eventId: other }), ID))).toBe(
    "invalid_answer",
  );
});

test("a stored event is read in either casing, objects inside it as they are, null as absent", () => {
  const shown = {
    event_id: ID,
    system_id: "cv-screening-prod",
    occurred_at_utc: "2026-05-01T12:00:00Z",
    model_id: "gpt-5",
    version: "1",
    decision_classification: "automated_decision",
    input_reference: "aa",
    output_reference: "bb",
    metadata_reference: "cc",
    payload_aad_hash: "dd",
    system_state: { performance: { latency_ms: 7, provider_status: null } },
    correlation_id: null,
  };
  expect(readEvent(JSON.stringify(shown), ID)).toEqual({
    ...STORED,
    payloadAadHash: "dd",
    systemState: { performance: { latency_ms: 7, provider_status: null } },
  });
});

test.each(Object.keys(STORED))("a stored event without %s is none", async (name) => {
  const text = JSON.stringify({ ...STORED, [name]: undefined });
  expect(await codeOf(() => readEvent(text, ID))).toBe("invalid_answer");
  expect(await codeOf(() => readEventPage(`{"events":[${text}]}`))).toBe("invalid_answer");
});

test("a field named __proto__ is a field like any other", () => {
  const event = readEvent(`{"__proto__":{"polluted":1},${JSON.stringify(STORED).slice(1)}`, ID);
  expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
  expect("polluted" in event).toBe(false);
});

test("an event that shows a field twice and differently is none: two readers would see two events", async () => {
  const twice = { ...STORED, system_id: "another" };
  expect(await codeOf(() => readEvent(JSON.stringify(twice), ID))).toBe("invalid_answer");
});

test.each([
  ["a number", 7, "7"],
  ["text", "cursor", "cursor"],
  ["null", null, undefined],
  ["nothing", undefined, undefined],
])("a page's nextAfter may be %s", (_, nextAfter, expected) => {
  expect(readEventPage(JSON.stringify({ events: [STORED], nextAfter }))).toEqual({
    events: [STORED],
    nextAfter: expected,
  });
});

test.each([
  {},
  { events: {} },
  { events: [7] },
  { events: [], nextAfter: {} },
  { events: [], nextAfter: 1.5 },
])("%j is no page", async (page) => {
  expect(await codeOf(() => readEventPage(JSON.stringify(page)))).toBe("invalid_answer");
});
