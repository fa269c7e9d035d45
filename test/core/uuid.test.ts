import fc from "fast-check";
import { expect, test } from "vitest";
import { derivedEventId, isUuid, newEventId, uuidOf } from "../../src/core/uuid.ts";
import { codeOf } from "../support/error-code.ts";

test("a new id holds the given instant, as RFC 9562's example of a UUIDv7 has it, and the given random bits", () => {
  const random = Buffer.from("0000000000000cc318c4dc0c0c07398f", "hex");
  const id = newEventId({ nowMs: Date.parse("2022-02-22T19:22:22Z"), random });
  expect(id.slice(0, 15)).toBe("017f22e2-79b0-7");
  expect(id.endsWith("0c07398f")).toBe(true);
  expect(newEventId({ nowMs: Date.parse("2022-02-22T19:22:22Z"), random })).toBe(id);
});

test("new ids are UUIDv7, differ, and sort in the order they were made", () => {
  const ids = Array.from({ length: 2000 }, () => newEventId());
  expect(new Set(ids).size).toBe(2000);
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("an id made for an instant starts with it, whatever is random", () => {
  expect(newEventId({ nowMs: 1 }).slice(0, 13)).toBe("00000000-0001");
  expect(newEventId({ nowMs: 1 })).not.toBe(newEventId({ nowMs: 1 }));
});

test.each([
  "019a0000-0000-7000-8000-000000000001",
  "22222222-2222-7222-9222-222222222222",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "00000000-0000-0000-0000-000000000000",
])("%s is a UUID", (text) => {
  expect(isUuid(text)).toBe(true);
});

test.each([
  "",
  "019a00000000700080000000000000001",
  "{019a0000-0000-7000-8000-000000000001}",
  "019a0000-0000-7000-8000-000000000001\n",
  "019a0000-0000-7000-8000-00000000000g",
  "+49 170 1234567",
  7,
  undefined,
])("%j is none", (text) => {
  expect(isUuid(text)).toBe(false);
});

// Made with Python: h=bytearray(hashlib.sha256(text.encode()).digest()[:16]); h[6]=h[6]&15|128; h[8]=h[8]&63|128; uuid.UUID(bytes=bytes(h))
test("an id of a text is the UUIDv8 of its SHA-256", () => {
  expect(uuidOf("abc")).toBe("ba7816bf-8f01-8fea-8141-40de5dae2223");
  expect(uuidOf("thread-😀")).toBe("3c0f329d-d515-8dba-a3b7-36cc83adff4c");
});

test("an id of a fact is derived from system, framework id and what happened, each set off by U+0000", () => {
  expect(derivedEventId("cv-screening-prod", "call_1", "decision")).toBe(
    uuidOf("cv-screening-prod\0call_1\0decision"),
  );
  expect(derivedEventId("cv-screening-prod", "call_1", "decision")).toBe(
    "8b37b77d-616e-8637-a01b-d43ffa7129c8",
  );
});

test("different facts have different ids, whatever a model writes into a call's id", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "b", "é", "\0") });
  const clean = fc.string({ unit: fc.constantFrom("a", "b", "é") });
  fc.assert(
    fc.property(fc.tuple(clean, part, clean), fc.tuple(clean, part, clean), (one, other) => {
      fc.pre(one.some((text, index) => text !== other[index]));
      expect(derivedEventId(...one)).not.toBe(derivedEventId(...other));
    }),
  );
});

test("U+0000 in the system id or in what happened is refused", async () => {
  expect(await codeOf(() => derivedEventId("a\0b", "c", "d"))).toBe("invalid_argument");
  expect(await codeOf(() => derivedEventId("a", "b", "c\0d"))).toBe("invalid_argument");
});
