import { createSecretKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blindComponent, blindComponents, blindKey } from "../../src/core/blind.ts";
import { encodeComponent } from "../../src/core/component.ts";
import { type EventContent, encodeContent } from "../../src/core/event.ts";
import { codeOf } from "../support/error-code.ts";
import { readVectors } from "../support/vectors.ts";

type Texts = Readonly<Record<"input" | "output" | "metadata", string>>;

interface BlindVector {
  readonly eventId: string;
  readonly keyHex: string;
  readonly blindKeyHex: string;
  readonly components: EventContent;
  readonly salts: Texts;
  readonly salted: Texts;
  readonly references: Texts;
  readonly unblindedReferences: Texts;
}

const vectors = readVectors<readonly BlindVector[]>("blind.json");

describe.each(vectors)("the blinded event $eventId", (vector) => {
  const key = blindKey(createSecretKey(vector.keyHex, "hex"));
  const plain = encodeContent(vector.components);
  const blinded = blindComponents(plain, vector.eventId, key);

  test("its salts come from the vector's key", () => {
    expect(key.export().toString("hex")).toBe(vector.blindKeyHex);
  });

  test.each(["input", "output", "metadata"] as const)(
    "its %s has the vector's text and reference",
    (name) => {
      expect(Buffer.from(blinded[name].bytes).toString()).toBe(vector.salted[name]);
      expect(blinded[name].reference).toBe(vector.references[name]);
      expect(plain[name].reference).toBe(vector.unblindedReferences[name]);
    },
  );
});

const key = blindKey(createSecretKey(Buffer.alloc(32, 7)));

test("the salted component is the canonical form of the component with its salt, wherever the salt sorts", () => {
  const member = fc.tuple(fc.string({ unit: "grapheme" }), fc.jsonValue());
  const odd = fc.constantFrom("_", "_sal", "_salt ", "_salta", "_sals", "_SALT", "`", "^", "😀", "\uffff");
  const component = fc
    .array(fc.oneof(member, fc.tuple(odd, fc.jsonValue())))
    .map((members) => Object.fromEntries(members));
  fc.assert(
    fc.property(component, (value) => {
      const blinded = blindComponent(encodeComponent(value), "input", "id", key);
      const text = Buffer.from(blinded.bytes).toString();
      const salt = JSON.parse(text)._salt;
      expect(salt).toMatch(/^[\w-]{22}$/);
      expect(blinded).toEqual(encodeComponent({ ...value, _salt: salt }));
    }),
  );
});

test("salts differ by event and by component", () => {
  const component = encodeComponent({ answer: "deny" });
  const references = ["one", "two"].flatMap((eventId) =>
    (["input", "output", "metadata"] as const).map(
      (name) => blindComponent(component, name, eventId, key).reference,
    ),
  );
  expect(new Set(references).size).toBe(6);
});

test.each([["text"], [["a"]], [7], [true]])("%j is no object and is refused", async (value) => {
  expect(await codeOf(() => blindComponent(encodeComponent(value), "output", "id", key))).toBe(
    "invalid_argument",
  );
});

test("a component with a salt of its own is refused, a salt deeper inside is not its business", async () => {
  expect(await codeOf(() => blindComponent(encodeComponent({ _salt: 1 }), "input", "id", key))).toBe(
    "invalid_argument",
  );
  expect(await codeOf(() => blindComponent(encodeComponent({ a: { _salt: 1 } }), "input", "id", key))).toBe(
    "nothing thrown",
  );
});
