import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reference } from "../../src/core/digest.ts";
import { buildEventBody, type EventFields, encodeContent, encodeEventBody } from "../../src/core/event.ts";
import { caught, codeOf } from "../support/error-code.ts";
import pythonEvents from "./python-client-events.json" with { type: "json" };

const required: EventFields = {
  eventId: "019a0000-0000-7000-8000-000000000001",
  systemId: "cv-screening-prod",
  occurredAtUtc: "2026-05-01T12:00:00.120Z",
  modelId: "gpt-5",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
};

const all = {
  ...required,
  correlationId: "application-7",
  idempotencyKey: "",
  humanOversight: { decision: "approve", nested: { a: [null, { b: 1 }] } },
  referenceData: [{ index: 0 }, {}],
  systemState: {},
  dataSubjects: ["p1.x", ""],
  actor: { type: "model", name: "gpt-5", other: true },
} satisfies EventFields;

const content = encodeContent({
  input: { prompt: "secret prompt" },
  output: "secret answer",
  metadata: null,
});

function sent(fields: EventFields): Record<string, unknown> {
  return JSON.parse(Buffer.from(encodeEventBody(buildEventBody(fields, content))).toString());
}

test("a body of required fields is exactly what the published Python client sends", () => {
  const {
    payload: _,
    inputReference,
    outputReference,
    metadataReference,
    ...fields
  } = pythonEvents.underPython312[0] ?? fail();
  const components = encodeContent({
    input: { prompt: "Größe? 😀", limits: [1, 1, 1e-7, 0, 12345678901234567890n] },
    output: "plain text",
    metadata: { trace: "t", ratio: 0.1 },
  });
  const body = buildEventBody(fields, components);
  expect({ ...body, inputReference }).toEqual({
    ...fields,
    inputReference,
    outputReference,
    metadataReference,
  });
});

test("every field goes out as it is given, with the three references", () => {
  expect(sent(all)).toEqual({
    ...all,
    inputReference: reference({ prompt: "secret prompt" }),
    outputReference: reference("secret answer"),
    metadataReference: reference({}),
  });
});

test("a payload goes out as it is, and where there is none no field says so", () => {
  const payload = { ciphertext: "c", keyId: "k", nonce: "n", aadHash: "a" };
  expect(buildEventBody(required, content, payload).payload).toEqual(payload);
  expect(Object.keys(buildEventBody(required, content))).not.toContain("payload");
});

test.each([null, undefined])("a field that is %j is left out", (nothing) => {
  const optional = Object.keys(all).filter((name) => !Object.hasOwn(required, name));
  expect(optional.length).toBe(7);
  const fields = { ...required, ...Object.fromEntries(optional.map((name) => [name, nothing])) };
  expect(Object.keys(sent(fields))).toEqual(Object.keys(sent(required)));
});

test("content, keys and unknown fields that stand among the fields never reach the body", () => {
  const stray = {
    ...required,
    input: "secret",
    output: "secret",
    metadata: "secret",
    payloadKey: "secret",
    extra: "secret",
  };
  const text = JSON.stringify(sent(stray));
  expect(text).not.toContain("secret");
  for (const name of ["input", "output", "metadata"]) expect(sent(stray)).not.toHaveProperty(name);
});

describe.each(["systemId", "modelId", "version", "decisionClassification"])("%s", (name) => {
  test.each(["", 7, null, undefined, {}, ["a"]])("that is %j is refused by name", async (value) => {
    const error = await caught(() => buildEventBody({ ...required, [name]: value } as EventFields, content));
    expect(error?.code).toBe("invalid_argument");
    expect(error?.message).toContain(name);
  });
});

test.each([
  ["eventId", "7"],
  ["eventId", undefined],
  ["occurredAtUtc", "yesterday"],
  ["occurredAtUtc", new Date(0)],
  ["occurredAtUtc", undefined],
  ["systemId", "half a pair \ud83d"],
  ["correlationId", 7],
  ["idempotencyKey", {}],
  ["humanOversight", "approved"],
  ["humanOversight", []],
  ["systemState", new Map([["a", 1]])],
  ["actor", new Date(0)],
  ["referenceData", { index: 0 }],
  ["referenceData", [{}, "a"]],
  ["referenceData", [null]],
  ["dataSubjects", "alice"],
  ["dataSubjects", [7]],
  ["dataSubjects", ["a", null]],
])("%s that is %j is refused by name", async (name, value) => {
  const error = await caught(() =>
    buildEventBody({ ...required, [name as string]: value } as EventFields, content),
  );
  expect(error?.code).toBe("invalid_argument");
  expect(error?.message).toContain(name);
});

test("a timestamp and objects are forwarded exactly, and nothing of the caller's is changed", () => {
  const fields = structuredClone(all);
  const body = buildEventBody(fields, content);
  expect(body.occurredAtUtc).toBe("2026-05-01T12:00:00.120Z");
  expect(body.humanOversight).toBe(fields.humanOversight);
  expect(fields).toEqual(all);
});

test("a class instance and an object without a prototype are objects too", () => {
  class State {
    readonly phase = "live";
  }
  const fields = {
    ...required,
    systemState: new State() as object as Record<string, unknown>,
    actor: Object.create(null),
  };
  expect(sent(fields)).toMatchObject({ systemState: { phase: "live" }, actor: {} });
});

test("the bytes are UTF-8 JSON in which each lone surrogate has become U+FFFD, in keys as in values, and nothing else has changed", () => {
  const text = fc.string({
    unit: fc.constantFrom("\ud800", "\udfff", "😀", "\\", "\\ud800", '"', "u", "d83d", "é", "\n"),
  });
  fc.assert(
    fc.property(text, text, (key, value) => {
      const { systemState } = sent({ ...required, systemState: { [key]: [value] } });
      expect(systemState).toEqual({ [key.toWellFormed()]: [value.toWellFormed()] });
    }),
  );
});

test("an object that JSON cannot hold is refused", async () => {
  const cycle = { self: {} };
  cycle.self = cycle;
  for (const systemState of [cycle, { count: 1n }]) {
    expect(await codeOf(() => encodeEventBody(buildEventBody({ ...required, systemState }, content)))).toBe(
      "invalid_argument",
    );
  }
});

test("content that JSON cannot hold is refused", async () => {
  expect(await codeOf(() => encodeContent({ output: Number.NaN }))).toBe("not_canonicalizable");
});

function fail(): never {
  throw new Error("the fixture has no event");
}
