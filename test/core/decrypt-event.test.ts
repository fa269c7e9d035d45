import { createSecretKey } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { decryptEvent, openEvent } from "../../src/core/decrypt-event.ts";
import { fixedKey, type KeyProvider } from "../../src/core/keys.ts";
import type { Payload } from "../../src/core/payload.ts";
import { caught, codeOf } from "../support/error-code.ts";
import { hex, readVectors } from "../support/vectors.ts";
import pythonEvents from "./python-client-events.json" with { type: "json" };

interface EnvelopeVector {
  readonly eventId: string;
  readonly keyHex: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly metadata: unknown;
  readonly payload: Payload;
}

test.each(readVectors<readonly EnvelopeVector[]>("envelopes.json"))(
  "the envelope of $eventId decrypts to what was sealed",
  async (vector) => {
    const { input, output, metadata, ...event } = vector;
    const decrypted = { input: input ?? {}, output: output ?? {}, metadata: metadata ?? {} };
    expect(await decryptEvent(event, hex(vector.keyHex))).toEqual(decrypted);
  },
);

const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const [sealed, empty] = pythonEvents.underPython312;
const [broken, brokenEmpty] = pythonEvents.underPython311;

describe("an event of the published Python client", () => {
  test("decrypts to its content, and its text keeps what a JavaScript number cannot hold", async () => {
    expect(await decryptEvent(event(sealed), key)).toEqual({
      input: { prompt: "Größe? 😀", limits: [1, 1, 1e-7, -0, 12345678901234567000] },
      output: "plain text",
      metadata: { trace: "t", ratio: 0.1 },
    });
    expect((await openEvent(event(sealed), key)).input).toBe(
      '{"limits":[1,1.0,1e-07,-0.0,12345678901234567890],"prompt":"Größe? 😀"}',
    );
  });

  test("without content decrypts to three empty objects, under Python 3.11 too", async () => {
    for (const one of [empty, brokenEmpty]) {
      expect(await decryptEvent(event(one), key)).toEqual({ input: {}, output: {}, metadata: {} });
    }
  });

  test("made under Python 3.11 with content is refused: it sealed three empty objects instead", async () => {
    const error = await caught(() => decryptEvent(event(broken), key));
    expect(error?.code).toBe("reference_mismatch");
    expect(error?.message).toContain("input, output, metadata");
  });
});

describe("the key", () => {
  const forms = {
    bytes: key,
    base64url: key.toString("base64url"),
    hex: key.toString("hex"),
    object: createSecretKey(key),
  };

  test.each(Object.entries(forms))("may be given as %s", async (_, form) => {
    expect((await decryptEvent(event(sealed), form)).output).toBe("plain text");
  });

  test("may come from a provider, which is asked for the event's own key id", async () => {
    const asked: string[] = [];
    const provider: KeyProvider = {
      ...fixedKey(key, "kek-python"),
      forDecryption: async (keyId) => {
        asked.push(keyId);
        return key;
      },
    };
    expect((await decryptEvent(event(sealed), provider)).output).toBe("plain text");
    expect(asked).toEqual(["kek-python"]);
  });

  test("that was erased is said to be erased, not tampered with", async () => {
    const error = await caught(() => decryptEvent(event(sealed), fixedKey(key, "another")));
    expect(error).toMatchObject({ code: "key_erased", keyId: "kek-python" });
  });

  test("of 16 bytes is refused, another one does not open, and neither error shows it", async () => {
    const short = await caught(() => decryptEvent(event(sealed), key.subarray(0, 16)));
    const wrong = await caught(() => decryptEvent(event(sealed), Buffer.alloc(32, 0xab)));
    expect([short?.code, wrong?.code]).toEqual(["invalid_payload_key", "decryption_failed"]);
    expect(short?.message).toMatch(/^key must be 32 bytes, got 16/);
    for (const error of [short, wrong]) {
      const shown = inspect(error, { depth: null, showHidden: true });
      expect(shown).not.toMatch(/abababab|00010203|AAECAwQF|q6urq6ur|<Buffer/);
    }
  });

  test("does not matter where the payload is incomplete", async () => {
    const { payload: _, ...event } = sealed as Record<string, unknown>;
    expect(await codeOf(() => decryptEvent(event, key.subarray(0, 16)))).toBe("incomplete_envelope");
  });
});

test("no error holds anything of the content", async () => {
  const changed = { ...event(sealed), outputReference: "0".repeat(64) };
  const error = await caught(() => decryptEvent(changed, key));
  expect(error?.code).toBe("reference_mismatch");
  expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/plain text|Größe|prompt/);
});

function event(fixture: object | undefined): object {
  if (!fixture) throw new Error("the fixture has no such event");
  return fixture;
}
