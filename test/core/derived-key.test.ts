import { createSecretKey, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { derivedKey, hkdf, shortMac } from "../../src/core/derived-key.ts";
import { hex, readVectors, readWycheproof } from "../support/vectors.ts";

interface HkdfCase {
  readonly ikm: string;
  readonly salt: string;
  readonly info: string;
  readonly size: number;
  readonly okm: string;
}

interface MacCase {
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
}

describe("Wycheproof's HKDF-SHA-256 cases", () => {
  const cases = readWycheproof<HkdfCase>("hkdf_sha256").flatMap(({ tests }) => tests);
  const derive = ({ ikm, salt, info, size }: HkdfCase) =>
    hkdf(createSecretKey(ikm, "hex"), hex(salt), hex(info), size);

  test.each(cases.filter(({ result }) => result === "valid"))("$tcId $comment gives the key", (vector) => {
    expect(Buffer.from(derive(vector)).toString("hex")).toBe(vector.okm);
  });

  test.each(cases.filter(({ result }) => result !== "valid"))("$tcId $comment is refused", (vector) => {
    expect(() => derive(vector)).toThrow();
  });
});

describe("Wycheproof's HMAC-SHA-256 cases with a 128-bit tag", () => {
  const groups = readWycheproof<MacCase>("hmac_sha256").filter(({ tagSize }) => tagSize === 128);
  const cases = groups.flatMap(({ tests }) => tests);

  test.each(cases)("$tcId $comment $flags is $result", ({ key, msg, tag, result }) => {
    const isSame = shortMac(createSecretKey(key, "hex"), hex(msg)) === hex(tag).toString("base64url");
    expect(isSame).toBe(result === "valid");
  });
});

interface BlindVector {
  readonly eventId: string;
  readonly keyHex: string;
  readonly blindKeyHex: string;
}

test.each(readVectors<readonly BlindVector[]>("blind.json"))(
  "the key for blinding $eventId is derived without salt",
  (vector) => {
    const derived = derivedKey(createSecretKey(vector.keyHex, "hex"), "complianceguard/blind/v1");
    expect(derived.export().toString("hex")).toBe(vector.blindKeyHex);
  },
);

test("keys for two purposes have nothing in common, nor have keys from two masters", () => {
  const [one, other] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
  expect(derivedKey(one, "a").equals(derivedKey(one, "a"))).toBe(true);
  expect(derivedKey(one, "a").equals(derivedKey(one, "b"))).toBe(false);
  expect(derivedKey(one, "a").equals(derivedKey(other, "a"))).toBe(false);
  expect(derivedKey(one, "a").symmetricKeySize).toBe(32);
});
