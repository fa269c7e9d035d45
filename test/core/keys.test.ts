import { createPrivateKey, createSecretKey, generateKeyPairSync, KeyObject, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decryptionKey,
  encryptionKey,
  fixedKey,
  generateKey,
  type KeyMaterial,
  type KeyProvider,
  keyProviderOf,
  payloadKey,
} from "../../src/core/keys.ts";
import { caught, codeOf } from "../support/error-code.ts";

const bytes = randomBytes(32);
const event = { eventId: "019a0000-0000-7000-8000-000000000001", systemId: "s" };

/** Everything inspection, JSON or a log could show of a value. */
function shownOf(value: unknown): string {
  const own = typeof value === "object" && value !== null ? Reflect.ownKeys(value).map(String).join() : "";
  const text = [inspect(value, { depth: null, showHidden: true }), JSON.stringify(value), own];
  return value instanceof Error
    ? [...text, value.message, value.stack, shownOf(value.cause)].join()
    : text.join();
}

function expectNoKeyIn(shown: string, key: Uint8Array = bytes): void {
  const secret = Buffer.from(key);
  for (const encoding of ["hex", "base64", "base64url", "latin1"] as const) {
    expect(shown).not.toContain(secret.toString(encoding));
  }
  expect(shown).not.toContain([...secret.subarray(0, 4)].join(", "));
  expect(shown).not.toContain(inspect(secret).slice(8, 24));
}

describe("a key", () => {
  test("is the same from bytes, either base64 with or without padding, hex in either case, and a KeyObject", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (array) => {
        const key = Buffer.from(array);
        const forms: KeyMaterial[] = [
          array,
          key.toString("base64url"),
          `${key.toString("base64url")}=`,
          key.toString("base64"),
          key.toString("base64").replace("=", ""),
          key.toString("hex"),
          key.toString("hex").toUpperCase(),
          ` ${key.toString("base64")}\n`,
          createSecretKey(key),
        ];
        for (const form of forms) expect(payloadKey(form).export()).toEqual(key);
      }),
    );
  });

  test.each([0, 16, 24, 31, 33, 64])("of %d bytes is refused, saying how many it has", async (length) => {
    const key = randomBytes(length);
    for (const form of [key, key.toString("base64"), ...(length ? [createSecretKey(key)] : [])]) {
      const error = await caught(() => payloadKey(form));
      expect(error?.code).toBe("invalid_payload_key");
      expect(error?.message).toBe(
        `payloadKey must be 32 bytes, got ${length}: make one with "complianceguard key"`,
      );
    }
  });

  test.each([
    ["hex of 31 bytes with a letter too many", `${"ab".repeat(31)}g`],
    [
      "base64 with a blank inside",
      `${bytes.toString("base64").slice(0, 20)} ${bytes.toString("base64").slice(20)}`,
    ],
    ["base64url with unused bits set", `${"A".repeat(42)}B`],
    ["an object", {} as KeyMaterial],
    ["nothing", undefined as unknown as KeyMaterial],
    ["an array of numbers", [...bytes] as unknown as KeyMaterial],
    [
      "a private key",
      createPrivateKey(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })),
    ],
  ])("that is %s is refused", async (_, form) => {
    expect(await codeOf(() => payloadKey(form))).toBe("invalid_payload_key");
  });

  test("is a copy: what the caller does to the bytes later changes nothing", () => {
    const mine = Buffer.from(bytes);
    const key = payloadKey(mine);
    mine.fill(0);
    expect(key.export()).toEqual(bytes);
  });

  test("a new one is 32 random bytes as text", () => {
    expect(generateKey()).toMatch(/^[\w-]{43}$/);
    expect(generateKey()).not.toBe(generateKey());
    expect(payloadKey(generateKey()).symmetricKeySize).toBe(32);
  });

  test("is shown by no inspection, no JSON and no error", async () => {
    expectNoKeyIn(shownOf(payloadKey(bytes)));
    expectNoKeyIn(shownOf(fixedKey(bytes, "kek")));
    expectNoKeyIn(shownOf(await encryptionKey(fixedKey(bytes.toString("hex"), "kek"), event)));
    const long = Buffer.concat([bytes, bytes]);
    for (const bad of [
      long,
      long.toString("base64"),
      `${bytes.toString("hex")}00`,
      `${bytes.toString("base64")}!`,
    ]) {
      expectNoKeyIn(shownOf(await caught(() => payloadKey(bad))));
    }
  });
});

describe("a provider", () => {
  test("of a fixed key gives it for every event and for its own id only", async () => {
    const provider = fixedKey(bytes, "kek-1");
    const { key, keyId } = await encryptionKey(provider, event);
    expect(keyId).toBe("kek-1");
    expect(key.export()).toEqual(bytes);
    expect((await decryptionKey(provider, "kek-1")).export()).toEqual(bytes);
    expect(await codeOf(() => decryptionKey(provider, "kek-2"))).toBe("key_erased");
  });

  test.each(["", undefined, 7])("of a fixed key needs a key id, which %j is not", async (keyId) => {
    expect(await codeOf(() => fixedKey(bytes, keyId as string))).toBe("invalid_option");
  });

  test("that answers at once is answered at once, one that promises gives a promise", async () => {
    const provided = { keyId: "k", key: bytes };
    const sync: KeyProvider = { forEncryption: () => provided, forDecryption: () => bytes };
    const async: KeyProvider = { forEncryption: async () => provided, forDecryption: async () => bytes };
    expect(encryptionKey(sync, event)).toMatchObject({ keyId: "k", key: expect.any(KeyObject) });
    expect(encryptionKey(async, event)).toBeInstanceOf(Promise);
    expect(await encryptionKey(async, event)).toMatchObject({ keyId: "k", key: expect.any(KeyObject) });
    expect((await decryptionKey(async, "k")).export()).toEqual((await decryptionKey(sync, "k")).export());
  });

  test("is asked with what is known of the event, and as a method of its own", async () => {
    class Keys implements KeyProvider {
      readonly asked: unknown[] = [];
      forEncryption(asked: object): { keyId: string; key: Uint8Array } {
        this.asked.push(asked);
        return { keyId: "k", key: bytes };
      }
      forDecryption(keyId: string): Uint8Array {
        this.asked.push(keyId);
        return bytes;
      }
    }
    const keys = new Keys();
    await encryptionKey(keys, event);
    await decryptionKey(keys, "k");
    expect(keys.asked).toEqual([event, "k"]);
  });

  const trouble = new Error("the service is away");
  const fail = (): never => {
    throw trouble;
  };

  test.each<[string, KeyProvider]>([
    ["throws", { forEncryption: fail, forDecryption: fail }],
    ["rejects", { forEncryption: async () => fail(), forDecryption: async () => fail() }],
  ])("that %s is unavailable, with its own error as the cause", async (_, provider) => {
    for (const ask of [() => encryptionKey(provider, event), () => decryptionKey(provider, "k")]) {
      const error = await caught(ask);
      expect(error?.code).toBe("key_unavailable");
      expect(error?.cause).toBe(trouble);
    }
  });

  test("that knows no such key says it is erased, naming its id", async () => {
    for (const nothing of [undefined, null]) {
      const error = await caught(() =>
        decryptionKey({ forEncryption: fail, forDecryption: () => nothing as undefined }, "kek-7"),
      );
      expect(error).toMatchObject({ code: "key_erased", name: "KeyErasedError", keyId: "kek-7" });
    }
  });

  test("that answers a key of 16 bytes, or none, or no id is refused", async () => {
    const provider = (provided: unknown): KeyProvider => ({
      forEncryption: () => provided as never,
      forDecryption: () => bytes.subarray(0, 16),
    });
    expect(
      await codeOf(() => encryptionKey(provider({ keyId: "k", key: bytes.subarray(0, 16) }), event)),
    ).toBe("invalid_payload_key");
    expect(await codeOf(() => encryptionKey(provider({ keyId: "k" }), event))).toBe("invalid_payload_key");
    expect(await codeOf(() => encryptionKey(provider({ key: bytes }), event))).toBe("invalid_option");
    expect(await codeOf(() => encryptionKey(provider(undefined), event))).toBe("invalid_option");
    expect(await codeOf(() => decryptionKey(provider(undefined), "k"))).toBe("invalid_payload_key");
  });
});

describe("the options", () => {
  const keys = fixedKey(bytes, "k");

  test("payloadKey with payloadKeyId make a fixed provider, keys is one, nothing is none", async () => {
    const made = keyProviderOf({ payloadKey: bytes, payloadKeyId: "kek" });
    expect(made && (await encryptionKey(made, event)).keyId).toBe("kek");
    expect(keyProviderOf({ keys })).toBe(keys);
    expect(keyProviderOf({})).toBeUndefined();
  });

  test.each([
    ["a key without its id", { payloadKey: bytes }, "invalid_option"],
    ["an id without its key", { payloadKeyId: "kek" }, "invalid_option"],
    ["an empty id", { payloadKey: bytes, payloadKeyId: "" }, "invalid_option"],
    ["both kinds", { payloadKey: bytes, payloadKeyId: "kek", keys }, "invalid_option"],
    ["a provider and an id", { payloadKeyId: "kek", keys }, "invalid_option"],
    ["half a provider", { keys: { forEncryption: keys.forEncryption } as KeyProvider }, "invalid_option"],
    ["a key of 16 bytes", { payloadKey: bytes.subarray(0, 16), payloadKeyId: "kek" }, "invalid_payload_key"],
    ["an empty key", { payloadKey: "", payloadKeyId: "kek" }, "invalid_payload_key"],
  ])("%s is refused", async (_, options, code) => {
    expect(await codeOf(() => keyProviderOf(options))).toBe(code);
  });
});
