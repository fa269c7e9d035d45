import { createSecretKey, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openBytes, sealBytes } from "../../src/core/aes-gcm.ts";
import { codeOf } from "../support/error-code.ts";
import { hex, readWycheproof } from "../support/vectors.ts";

interface AeadCase {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

const groups = readWycheproof<AeadCase>("aes_gcm").filter(
  ({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128,
);

describe("Wycheproof's AES-256-GCM cases with a 96-bit nonce and a 128-bit tag", () => {
  const cases = groups.flatMap(({ tests }) => tests);

  test("there are some of both kinds", () => {
    expect(cases.filter(({ result }) => result === "valid").length).toBeGreaterThan(20);
    expect(cases.filter(({ result }) => result === "invalid").length).toBeGreaterThan(10);
  });

  test.each(cases.filter(({ result }) => result === "valid"))("$tcId $flags seals and opens", (vector) => {
    const [key, nonce, aad, data] = [
      createSecretKey(vector.key, "hex"),
      hex(vector.iv),
      hex(vector.aad),
      hex(vector.msg),
    ];
    const sealed = sealBytes(key, nonce, aad, data);
    expect(sealed.toString("hex")).toBe(vector.ct + vector.tag);
    expect(openBytes(key, nonce, aad, sealed).toString("hex")).toBe(vector.msg);
  });

  test.each(cases.filter(({ result }) => result !== "valid"))(
    "$tcId $flags $comment is refused",
    async (vector) => {
      const key = createSecretKey(vector.key, "hex");
      const open = () => openBytes(key, hex(vector.iv), hex(vector.aad), hex(vector.ct + vector.tag));
      expect(await codeOf(open)).toBe("decryption_failed");
    },
  );
});

describe("nonces of any other length", () => {
  const others = readWycheproof<AeadCase>("aes_gcm").filter(
    ({ keySize, ivSize }) => keySize === 256 && ivSize !== 96,
  );

  test.each(others.flatMap(({ tests }) => tests))("$tcId $flags is refused both ways", async (vector) => {
    const [key, nonce, aad] = [createSecretKey(vector.key, "hex"), hex(vector.iv), hex(vector.aad)];
    expect(await codeOf(() => sealBytes(key, nonce, aad, hex(vector.msg)))).toBe("invalid_argument");
    expect(await codeOf(() => openBytes(key, nonce, aad, hex(vector.ct + vector.tag)))).toBe(
      "decryption_failed",
    );
  });
});

const key = createSecretKey(randomBytes(32));
const nonce = randomBytes(12);
const aad = Buffer.from("aad");

test("what seals opens", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (data, bound) => {
      expect(openBytes(key, nonce, bound, sealBytes(key, nonce, bound, data))).toEqual(Buffer.from(data));
    }),
  );
});

test("a tag of fewer than 16 bytes is refused, although Node would take four", async () => {
  const sealed = sealBytes(key, nonce, aad, Buffer.alloc(0));
  for (let length = 0; length < 16; length++) {
    expect(await codeOf(() => openBytes(key, nonce, aad, sealed.subarray(0, length)))).toBe(
      "decryption_failed",
    );
  }
});
