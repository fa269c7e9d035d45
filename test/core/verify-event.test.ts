import { createSecretKey, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildEventBody, type EventFields, encodeContent } from "../../src/core/event.ts";
import { fixedKey } from "../../src/core/keys.ts";
import { sealPayload } from "../../src/core/payload.ts";
import { readStoredEvent, type StoredEvent } from "../../src/core/stored-event.ts";
import { type VerifiedEvent, verifyEvent } from "../../src/core/verify-event.ts";
import { codeOf } from "../support/error-code.ts";

const key = createSecretKey(randomBytes(32));

const fields: EventFields = {
  eventId: "019a0000-0000-7000-8000-00000000abcd",
  systemId: "cv-screening-prod",
  occurredAtUtc: "2026-05-01T12:00:00.12Z",
  modelId: "gpt-5",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
  correlationId: "2026-05-01T00:00:00Z",
  humanOversight: { decision: "approve", reviewerType: "human", reviewerId: "p1.x", notes: null },
  systemState: {
    performance: { latency_ms: 120, ratio: 0.5 },
    review: { decided_at_utc: "2026-05-01T12:00:00.5Z" },
  },
  dataSubjects: ["p1.y"],
  referenceData: [{ index: 0, reference: "00" }],
};

const platformFields = {
  environmentId: "environment",
  sequenceNumber: 7,
  eventHash: "00",
  ingestedAtUtc: "2026-05-01T12:00:01Z",
  receiptId: "receipt",
};

/** The event as an honest platform shows it. */
function shownEvent(metadata: unknown, sent: EventFields = fields): StoredEvent {
  const components = encodeContent({ input: { prompt: "x" }, output: { answer: "deny" }, metadata });
  const body = buildEventBody(sent, components, sealPayload(sent, components, { key, keyId: "kek" }));
  return readStoredEvent({ ...structuredClone(body), ...platformFields });
}

const metadata = { tags: ["a"], complianceguard: { capture: 1, event: fields } };
const honest = shownEvent(metadata);

const identity = ["eventId", "systemId", "occurredAtUtc"];
const bound = [
  ...identity,
  "inputReference",
  "outputReference",
  "metadataReference",
  "payloadCiphertext",
  "payloadNonce",
  "payloadAadHash",
];
const copied = [
  "modelId",
  "version",
  "decisionClassification",
  "correlationId",
  "humanOversight.decision",
  "humanOversight.reviewerType",
  "humanOversight.reviewerId",
  "systemState.performance.latency_ms",
  "systemState.performance.ratio",
  "systemState.review.decided_at_utc",
  "dataSubjects",
  "referenceData",
];
const platformsWord = ["payloadKeyId", ...Object.keys(platformFields)];

function expectAuthentic(verified: VerifiedEvent): void {
  expect(verified.differs).toEqual([]);
  expect(new Set(verified.authenticated)).toEqual(new Set([...bound, ...copied]));
  expect(verified.authenticated).toHaveLength(bound.length + copied.length);
}

test("an honest platform's event: everything sent is authenticated, what the platform added is its word alone", async () => {
  const verified = await verifyEvent(honest, key);
  expectAuthentic(verified);
  expect(new Set(verified.unauthenticated)).toEqual(new Set(platformsWord));
  expect(verified.plaintext).toEqual({
    input: { prompt: "x" },
    output: { answer: "deny" },
    metadata: JSON.parse(JSON.stringify(metadata)),
  });
});

test("a provider's key does as well as the key itself", async () => {
  expectAuthentic(await verifyEvent(honest, fixedKey(key, "kek")));
});

describe("what a platform may do to an honest event without a word", () => {
  const snakeCase = (name: string): string =>
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  test.each<[string, object]>([
    [
      "print top-level names in snake_case",
      Object.fromEntries(Object.entries(honest).map(([name, value]) => [snakeCase(name), value])),
    ],
    ["print its timestamp otherwise", { ...honest, occurredAtUtc: "2026-05-01T12:00:00.1200000+00:00" }],
    [
      "print a timestamp inside otherwise",
      change("systemState", { review: { decided_at_utc: "2026-05-01T14:00:00.500+02:00" } }),
    ],
    [
      "print numbers otherwise",
      {
        ...honest,
        systemState: JSON.parse(
          '{"performance":{"latency_ms":120.0,"ratio":5e-1},"review":{"decided_at_utc":"2026-05-01T12:00:00.5Z"}}',
        ),
      },
    ],
    ["leave out a null", change("humanOversight", { notes: undefined })],
    [
      "add nulls",
      {
        ...honest,
        actor: null,
        idempotencyKey: null,
        humanOversight: { ...Object(honest["humanOversight"]), second: null },
      },
    ],
    ["print the event id in upper case", { ...honest, eventId: fields.eventId.toUpperCase() }],
    ["order members otherwise", Object.fromEntries(Object.entries(honest).reverse())],
  ])("%s", async (_, shown) => {
    expectAuthentic(await verifyEvent(shown, key));
  });
});

describe("what it may not do unseen", () => {
  test.each<[string, object, string, unknown, unknown]>([
    ["change the model", { ...honest, modelId: "gpt-4" }, "modelId", "gpt-5", "gpt-4"],
    ["change the version", { ...honest, version: "2026.05.02" }, "version", "2026.05.01", "2026.05.02"],
    [
      "change the classification",
      { ...honest, decisionClassification: "not_classified" },
      "decisionClassification",
      "automated_decision",
      "not_classified",
    ],
    ["turn a text into a number", { ...honest, modelId: 5 }, "modelId", "gpt-5", 5],
    [
      "change who approved",
      change("humanOversight", { reviewerId: "p1.z" }),
      "humanOversight.reviewerId",
      "p1.x",
      "p1.z",
    ],
    [
      "add a decision",
      change("humanOversight", { second: "bob" }),
      "humanOversight.second",
      undefined,
      "bob",
    ],
    [
      "drop a decision",
      change("humanOversight", { decision: undefined }),
      "humanOversight.decision",
      "approve",
      undefined,
    ],
    ["drop a field", without("correlationId"), "correlationId", fields.correlationId, undefined],
    [
      "drop an object",
      without("humanOversight"),
      "humanOversight",
      { decision: "approve", reviewerType: "human", reviewerId: "p1.x", notes: null },
      undefined,
    ],
    ["add a field", { ...honest, actor: { type: "human" } }, "actor", undefined, { type: "human" }],
    ["add an empty object", { ...honest, actor: {} }, "actor", undefined, {}],
    [
      "move a correlation id to another zone",
      { ...honest, correlationId: "2026-05-01T00:00:00+00:00" },
      "correlationId",
      "2026-05-01T00:00:00Z",
      "2026-05-01T00:00:00+00:00",
    ],
    [
      "change a number",
      change("systemState", { performance: { latency_ms: 12, ratio: 0.5 } }),
      "systemState.performance.latency_ms",
      120,
      12,
    ],
    [
      "change an instant inside",
      change("systemState", { review: { decided_at_utc: "2026-05-01T12:00:01Z" } }),
      "systemState.review.decided_at_utc",
      "2026-05-01T12:00:00.5Z",
      "2026-05-01T12:00:01Z",
    ],
    [
      "add a data subject",
      { ...honest, dataSubjects: ["p1.y", "p1.z"] },
      "dataSubjects",
      ["p1.y"],
      ["p1.y", "p1.z"],
    ],
    ["drop all data subjects", { ...honest, dataSubjects: [] }, "dataSubjects", ["p1.y"], []],
    [
      "change reference data",
      { ...honest, referenceData: [{ index: 0, reference: "01" }] },
      "referenceData",
      [{ index: 0, reference: "00" }],
      [{ index: 0, reference: "01" }],
    ],
    [
      "replace an object by a text",
      { ...honest, systemState: "fine" },
      "systemState",
      JSON.parse(JSON.stringify(fields.systemState)),
      "fine",
    ],
  ])("%s", async (_, shown, field, sealed, found) => {
    const { differs, authenticated } = await verifyEvent(shown, key);
    expect(differs).toEqual([{ field, sealed, shown: found }]);
    expect(authenticated).not.toContain(field);
  });

  test("print names inside an object in another casing", async () => {
    const shown = {
      ...honest,
      humanOversight: { decision: "approve", reviewer_type: "human", reviewerId: "p1.x" },
    };
    const { differs } = await verifyEvent(shown, key);
    expect(differs.map(({ field }) => field).sort()).toEqual([
      "humanOversight.reviewerType",
      "humanOversight.reviewer_type",
    ]);
  });

  test("hide a nested value behind a dotted name", async () => {
    const shown = change("systemState", {
      performance: undefined,
      "performance.latency_ms": 120,
      "performance.ratio": 0.5,
    });
    const { differs, authenticated } = await verifyEvent(shown, key);
    expect(differs).toHaveLength(3);
    expect(authenticated).not.toContain("systemState.performance.latency_ms");
  });

  test("show a field twice, once in each casing", async () => {
    expect(await codeOf(() => verifyEvent({ ...honest, model_id: "gpt-4" }, key))).toBe("invalid_argument");
  });

  test.each([
    ["systemId", "other", "aad_mismatch"],
    ["occurredAtUtc", "2026-05-01T12:00:00.13Z", "aad_mismatch"],
    ["outputReference", "0".repeat(64), "reference_mismatch"],
    ["metadataReference", "0".repeat(64), "reference_mismatch"],
    ["payloadNonce", "AAAAAAAAAAAAAAAA", "decryption_failed"],
  ])("change %s to %s, which opens nothing", async (name, value, code) => {
    expect(await codeOf(() => verifyEvent({ ...honest, [name]: value }, key))).toBe(code);
  });

  test("show another event's payload and references under this one's fields", async () => {
    const other = shownEvent({}, { ...fields, eventId: "019a0000-0000-7000-8000-00000000abce" });
    const payload = Object.entries(other).filter(
      ([name]) => name.startsWith("payload") || name.endsWith("Reference"),
    );
    expect(await codeOf(() => verifyEvent({ ...honest, ...Object.fromEntries(payload) }, key))).toBe(
      "aad_mismatch",
    );
  });
});

describe("without a sealed copy", () => {
  test.each([
    [{}],
    [null],
    ["text"],
    [["a"]],
    [{ complianceguard: null }],
    [{ complianceguard: { event: null } }],
    [{ complianceguard: { event: "e" } }],
    [{ complianceguard: { event: [] } }],
    [{ complianceguard: "event" }],
  ])("in a metadata of %j, only what the payload is bound to is authenticated", async (sealed) => {
    const verified = await verifyEvent(shownEvent(sealed), key);
    expect(new Set(verified.authenticated)).toEqual(new Set(bound));
    expect(verified.differs).toEqual([]);
    const clear = Object.keys(fields).filter((name) => !identity.includes(name));
    expect(new Set(verified.unauthenticated)).toEqual(new Set([...platformsWord, ...clear]));
  });
});

test("a copy of some fields vouches for those, the identity is bound anyway, and any other clear field was added", async () => {
  const verified = await verifyEvent(
    shownEvent({ complianceguard: { event: { modelId: "gpt-5" } } }, { ...required() }),
    key,
  );
  expect(new Set(verified.authenticated)).toEqual(new Set([...bound, "modelId"]));
  expect(verified.differs.map(({ field }) => field)).toEqual(["version", "decisionClassification"]);
});

test("a copy that names another event than the payload is bound to differs in it", async () => {
  const event = { ...fields, systemId: "other" };
  const { differs, authenticated } = await verifyEvent(shownEvent({ complianceguard: { event } }), key);
  expect(differs).toEqual([{ field: "systemId", sealed: "other", shown: fields.systemId }]);
  expect(authenticated).not.toContain("systemId");
});

test("a null in the copy is a field that was not sent", async () => {
  const copy = { complianceguard: { event: { ...fields, actor: null } } };
  expectAuthentic(await verifyEvent(shownEvent(copy), key));
  const { differs } = await verifyEvent({ ...shownEvent(copy), actor: { type: "human" } }, key);
  expect(differs).toEqual([{ field: "actor", sealed: undefined, shown: { type: "human" } }]);
});

test("a copied name that every object inherits is compared with the event's own field only", async () => {
  const event = { ...fields, constructor: "x" };
  const { differs } = await verifyEvent(shownEvent({ complianceguard: { event } }), key);
  expect(differs).toEqual([{ field: "constructor", sealed: "x", shown: undefined }]);
});

test("whatever a platform adds or changes among the clear fields, each field shown is in exactly one list", async () => {
  const name = fc.constantFrom(
    "modelId",
    "version",
    "actor",
    "humanOversight",
    "systemState",
    "dataSubjects",
    "color",
    "__proto__",
    "toString",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, fc.jsonValue())), async (changes) => {
      const shown = Object.fromEntries([...Object.entries(honest), ...changes]);
      const { authenticated, differs, unauthenticated } = await verifyEvent(shown, key);
      const listed = [...authenticated, ...differs.map(({ field }) => field), ...unauthenticated];
      expect(new Set(listed).size).toBe(listed.length);
      const topLevel = new Set(listed.map((path) => path.split(/[.[]/)[0]));
      for (const field of Object.keys(readStoredEvent(shown))) expect(topLevel).toContain(field);
      for (const [field, value] of changes) {
        const isChanged =
          JSON.stringify(value) !== JSON.stringify(honest[field]) && Object.hasOwn(fields, field);
        if (isChanged && shown[field] === value && typeof value !== "object") {
          expect(differs.map((difference) => difference.field)).toContain(field);
        }
      }
    }),
  );
});

function change(name: string, members: Record<string, unknown>): object {
  return { ...honest, [name]: { ...Object(honest[name]), ...members } };
}

function without(name: string): object {
  return Object.fromEntries(Object.entries(honest).filter(([field]) => field !== name));
}

function required(): EventFields {
  const { eventId, systemId, occurredAtUtc, modelId, version, decisionClassification } = fields;
  return { eventId, systemId, occurredAtUtc, modelId, version, decisionClassification };
}
