import { createHash, createSecretKey, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sealBytes } from "../../src/core/aes-gcm.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { buildEventBody, type EventContent, type EventFields, encodeContent } from "../../src/core/event.ts";
import { type EventIdentity, openPayload, type Payload, sealPayload } from "../../src/core/payload.ts";
import { readStoredEvent, type StoredEvent } from "../../src/core/stored-event.ts";
import { caught, codeOf } from "../support/error-code.ts";
import { hex, readVectors } from "../support/vectors.ts";

interface EnvelopeVector extends EventIdentity, EventContent {
  readonly keyHex: string;
  readonly keyId: string;
  readonly nonceHex: string;
  readonly plaintext: string;
  readonly aad: string;
  readonly inputReference: string;
  readonly outputReference: string;
  readonly metadataReference: string;
  readonly payload: Payload;
}

const vectors = readVectors<readonly EnvelopeVector[]>("envelopes.json");

describe.each(vectors)("the envelope of $eventId", (vector) => {
  const key = createSecretKey(vector.keyHex, "hex");
  const components = encodeContent(vector);

  test("is sealed byte for byte", () => {
    expect(sealPayload(vector, components, { key, keyId: vector.keyId }, hex(vector.nonceHex))).toEqual(
      vector.payload,
    );
  });

  test("has the vector's references", () => {
    expect(components.input.reference).toBe(vector.inputReference);
    expect(components.output.reference).toBe(vector.outputReference);
    expect(components.metadata.reference).toBe(vector.metadataReference);
  });

  test("opens to the vector's plaintext", () => {
    const { input, metadata, output } = openPayload(readStoredEvent({ ...vector, metadata: undefined }), key);
    expect(`{"input":${input},"metadata":${metadata},"output":${output}}`).toBe(vector.plaintext);
  });
});

const key = createSecretKey(randomBytes(32));
const fields: EventFields = {
  eventId: "019a0000-0000-7000-8000-00000000abcd",
  systemId: "cv-screening-prod",
  occurredAtUtc: "2026-05-01T12:00:00.12Z",
  modelId: "gpt-5",
  version: "1",
  decisionClassification: "automated_decision",
};

function sealedEvent(content: EventContent, identity: EventFields = fields): StoredEvent {
  const components = encodeContent(content);
  const payload = sealPayload(identity, components, { key, keyId: "kek" });
  return readStoredEvent(buildEventBody(identity, components, payload));
}

const event = sealedEvent({ input: { prompt: "x" }, output: { answer: "deny" }, metadata: { a: [1] } });

test("what is sealed opens to the canonical texts of its components", () => {
  const value = fc.jsonValue({ stringUnit: "grapheme" });
  fc.assert(
    fc.property(value, value, value, (input, output, metadata) => {
      expect(openPayload(sealedEvent({ input, output, metadata }), key)).toEqual({
        input: canonicalJson(input ?? {}),
        output: canonicalJson(output ?? {}),
        metadata: canonicalJson(metadata ?? {}),
      });
    }),
  );
});

test("the ciphertext is the same whatever the components were encoded for", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.constantFrom("äöü", "申请人", "😀"));
  fc.assert(
    fc.property(text, text, text, (input, output, metadata) => {
      const content = { input: { input }, output: { output }, metadata: { metadata } };
      const nonce = Buffer.alloc(12, 1);
      const [hashed, sealed] = (["hash", "seal"] as const).map((use) =>
        sealPayload(fields, encodeContent(content, use), { key, keyId: "test" }, nonce),
      );
      expect(sealed).toEqual(hashed);
    }),
  );
});

test("a nonce is never used twice, and is twelve bytes", () => {
  const nonces = Array.from({ length: 500 }, () => sealedEvent({}).payloadNonce);
  expect(new Set(nonces).size).toBe(500);
  for (const nonce of nonces) expect(Buffer.from(String(nonce), "base64url").length).toBe(12);
});

test("a system id with half a surrogate pair has no AAD and is refused", async () => {
  const identity = { ...fields, systemId: "\ud83d" };
  expect(await codeOf(() => sealPayload(identity, encodeContent({}), { key, keyId: "k" }))).toBe(
    "not_canonicalizable",
  );
  expect(await codeOf(() => openPayload({ ...event, systemId: "\ud83d" }, key))).toBe("aad_mismatch");
});

describe("a missing field of the payload", () => {
  const names = ["payloadCiphertext", "payloadKeyId", "payloadNonce", "payloadAadHash"];

  test.each(names.flatMap((name) => [undefined, "", 7].map((value) => [name, value] as const)))(
    "%s as %j is named, and no other",
    async (missing, value) => {
      const error = await caught(() => openPayload({ ...event, [missing]: value }, key));
      expect(error?.code).toBe("incomplete_envelope");
      for (const name of names) expect(error?.message.includes(name)).toBe(name === missing);
    },
  );

  test("is found before anything else is", async () => {
    const nothingFits = { ...event, systemId: "other", payloadAadHash: undefined, inputReference: undefined };
    expect(await codeOf(() => openPayload(nothingFits, createSecretKey(randomBytes(32))))).toBe(
      "incomplete_envelope",
    );
  });
});

test("an event without a payload names all four fields", async () => {
  const error = await caught(() =>
    openPayload(readStoredEvent(buildEventBody(fields, encodeContent({}))), key),
  );
  expect(error?.message).toMatch(/payloadCiphertext.*payloadKeyId.*payloadNonce.*payloadAadHash/);
});

describe("a payload that was bound to another event", () => {
  test.each([
    ["eventId", "019a0000-0000-7000-8000-00000000abce"],
    ["systemId", "cv-screening-test"],
    ["systemId", ""],
    ["occurredAtUtc", "2026-05-01T12:00:00.121Z"],
    ["occurredAtUtc", "2026-05-01T12:00:00.12+01:00"],
    ["occurredAtUtc", "yesterday"],
    ["eventId", undefined],
    ["systemId", 7],
    ["occurredAtUtc", null],
  ])("by its %s %j is refused before it is decrypted", async (name, value) => {
    const wrongKey = createSecretKey(randomBytes(32));
    expect(await codeOf(() => openPayload({ ...event, [name]: value }, wrongKey))).toBe("aad_mismatch");
  });

  test("is refused by its tag where the AAD hash was replaced too", async () => {
    const stolen = sealedEvent({ output: { answer: "grant" } }, { ...fields, systemId: "other" });
    const graft = { ...stolen, systemId: fields.systemId, payloadAadHash: event.payloadAadHash };
    expect(await codeOf(() => openPayload(graft, key))).toBe("decryption_failed");
  });
});

test.each([
  ["2026-05-01T12:00:00.120Z", "2026-05-01T12:00:00.12Z"],
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00+00:00"],
  ["2026-05-01T12:00:00.12Z", "2026-05-01T12:00:00.1200000+00:00"],
  ["2026-05-01T12:00:00.123456+00:00", "2026-05-01T12:00:00.123456Z"],
  ["2026-05-01T14:00:00+02:00", "2026-05-01T12:00:00Z"],
  ["2026-05-01t12:00:00z", "2026-05-01T12:00:00Z"],
])("what was sent as %s opens where the platform prints %s", (sent, shown) => {
  const sealed = sealedEvent({ input: { a: 1 } }, { ...fields, occurredAtUtc: sent });
  expect(openPayload({ ...sealed, occurredAtUtc: shown }, key).input).toBe('{"a":1}');
});

test("an event id sent in upper case opens where the platform prints it in lower case, and the other way round", () => {
  const upper = { ...fields, eventId: fields.eventId.toUpperCase() };
  expect(openPayload({ ...sealedEvent({}, upper), eventId: fields.eventId }, key).input).toBe("{}");
  expect(openPayload({ ...sealedEvent({}), eventId: upper.eventId }, key).input).toBe("{}");
});

test("hashes that a platform reprints in upper case are the same hashes", () => {
  const names = ["inputReference", "outputReference", "metadataReference", "payloadAadHash"];
  const shown = Object.fromEntries(names.map((name) => [name, String(event[name]).toUpperCase()]));
  expect(openPayload({ ...event, ...shown }, key).input).toBe('{"prompt":"x"}');
});

test("another key is refused", async () => {
  expect(await codeOf(() => openPayload(event, createSecretKey(randomBytes(32))))).toBe("decryption_failed");
});

// Thousands of events are opened here: more than the default time on a busy machine.
describe("every single flipped bit is refused", { timeout: 60_000 }, () => {
  test.each(["payloadCiphertext", "payloadNonce"])("in the bytes of %s", async (name) => {
    const bytes = Buffer.from(String(event[name]), "base64url");
    for (const flipped of flips(bytes)) {
      const changed = { ...event, [name]: flipped.toString("base64url") };
      expect(await codeOf(() => openPayload(changed, key))).toBe("decryption_failed");
    }
  });

  test.each([
    ["payloadCiphertext", "decryption_failed"],
    ["payloadNonce", "decryption_failed"],
    ["payloadAadHash", "aad_mismatch"],
    ["inputReference", "reference_mismatch"],
    ["outputReference", "reference_mismatch"],
    ["metadataReference", "reference_mismatch"],
  ])("in the characters of %s", async (name, code) => {
    for (const flipped of flips(Buffer.from(String(event[name]), "latin1"))) {
      const changed = { ...event, [name]: flipped.toString("latin1") };
      expect(await codeOf(() => openPayload(changed, key))).toBe(code);
    }
  });
});

test.each([
  ["padding", (text: string) => `${text}=`],
  ["white space", (text: string) => `${text}\n`],
  ["a character more", (text: string) => `${text}A`],
  ["a character less", (text: string) => text.slice(0, -1)],
  ["nothing but a tag's length", () => "AAAA"],
])("ciphertext and nonce with %s are refused", async (_, change) => {
  for (const name of ["payloadCiphertext", "payloadNonce"]) {
    const changed = { ...event, [name]: change(String(event[name])) };
    expect(await codeOf(() => openPayload(changed, key))).toBe("decryption_failed");
  }
});

test("parts of two events of one system do not make a third", async () => {
  const other = sealedEvent(
    { input: { prompt: "y" } },
    { ...fields, eventId: "019a0000-0000-7000-8000-00000000abce" },
  );
  for (const name of ["payloadCiphertext", "payloadNonce", "payloadAadHash", "inputReference"]) {
    expect(await codeOf(() => openPayload({ ...event, [name]: other[name] }, key))).toMatch(
      /failed|mismatch/,
    );
  }
});

describe("what a holder of the key sealed wrongly is refused", () => {
  const good = '{"input":{},"metadata":{},"output":{}}';

  test.each([
    ["no JSON", "{", "invalid_json"],
    ["an array", "[{},{},{}]", "invalid_json"],
    ["null", "null", "invalid_json"],
    ["a text", '"{}"', "invalid_json"],
    ["nothing", "", "invalid_json"],
    ["a byte order mark", `\ufeff${good}`, "invalid_json"],
    ["two values", `${good}${good}`, "invalid_json"],
    ["no output", '{"input":{},"metadata":{}}', "reference_mismatch"],
    ["an input twice", '{"input":{"a":1},"input":{},"metadata":{},"output":{}}', "reference_mismatch"],
    [
      "an input twice, once in disguise",
      '{"inp\\u0075t":{"a":1},"input":{},"metadata":{},"output":{}}',
      "reference_mismatch",
    ],
    ["the same value in other bytes", '{"input":{ },"metadata":{},"output":{}}', "reference_mismatch"],
    ["another value", '{"input":{"a":1},"metadata":{},"output":{}}', "reference_mismatch"],
  ])("%s", async (_, plaintext, code) => {
    expect(await codeOf(() => openPayload(sealedText(plaintext), key))).toBe(code);
  });

  test("bytes that are no UTF-8", async () => {
    const plaintext = Buffer.from(good.replace("{}", '{"a":"é"}'), "latin1");
    expect(await codeOf(() => openPayload(sealedText(plaintext), key))).toBe("invalid_json");
  });

  test("but white space around the components changes nothing of their own bytes", () => {
    const spaced = ' { "output" : {} ,\r\n\t"metadata":{}, "input":{} , "other": 1 } ';
    expect(openPayload(sealedText(spaced), key)).toEqual({ input: "{}", output: "{}", metadata: "{}" });
  });

  test("the components that differ are named, and nothing of their content", async () => {
    const error = await caught(() =>
      openPayload(sealedText('{"input":"canary","metadata":{},"output":"canary"}'), key),
    );
    expect(error?.message).toMatch(/input, output/);
    expect(error?.message).not.toMatch(/metadata|canary/);
  });
});

test("an event without a reference is refused: there is nothing to check its content against", async () => {
  for (const name of ["inputReference", "outputReference", "metadataReference"]) {
    expect(await codeOf(() => openPayload({ ...event, [name]: undefined }, key))).toBe("reference_mismatch");
  }
});

/** An event whose payload holds exactly this text and whose references are those of three empty objects. */
function sealedText(plaintext: string | Buffer): StoredEvent {
  const { eventId, systemId, occurredAtUtc } = fields;
  const aad = Buffer.from(canonicalJson({ eventId, systemId, timestamp: occurredAtUtc }));
  const nonce = randomBytes(12);
  const payload = {
    ciphertext: sealBytes(key, nonce, aad, Buffer.from(plaintext)).toString("base64url"),
    keyId: "kek",
    nonce: nonce.toString("base64url"),
    aadHash: createHash("sha256").update(aad).digest("hex"),
  };
  return readStoredEvent(buildEventBody(fields, encodeContent({}), payload));
}

function flips(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return flipped;
  });
}
