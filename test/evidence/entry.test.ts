import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bodyDigest,
  decodeEntry,
  type Entry,
  encodeEntry,
  eventHash,
  isDigestHex,
} from "../../src/evidence/entry.ts";
import { codeOf } from "../support/error-code.ts";
import { readVectors } from "../support/vectors.ts";

const { entries, leafHashes } = readVectors<{
  readonly entries: readonly string[];
  readonly leafHashes: readonly string[];
}>("transparency-log.json");

describe("the entries of the reference implementation", () => {
  test("hash to its leaf hashes", () => {
    expect(entries.map(eventHash)).toEqual(leafHashes);
  });

  test("are read and written without changing a character", () => {
    expect(entries.map((text) => encodeEntry(decodeEntry(text)))).toEqual(entries);
  });
});

const entry: Entry = {
  bodyDigest: "a".repeat(64),
  environmentId: "11111111-1111-7111-8111-111111111111",
  eventId: "00000000-0000-7000-8000-000000000001",
  ingestedAtUtc: "2026-05-01T12:00:00.000Z",
  previousEventHash: "0".repeat(64),
  receiptId: "rcpt_1",
  sequenceNumber: 1,
};
const text = encodeEntry(entry);

describe("an entry is refused", () => {
  test.each([
    ["that is no JSON", text.slice(1)],
    ["that is an array", `[${text}]`],
    ["with a space between its members", text.replace(",", ", ")],
    ["with another member", text.replace('"v":1', '"v":1,"w":1')],
    ["without its version", text.replace(',"v":1', "")],
    ["of another version", text.replace('"v":1', '"v":2')],
    ["with a member twice", text.replace('"v":1', '"v":1,"v":1')],
    ["with its members in another order", `{"v":1,${text.slice(1).replace(',"v":1', "")}`],
    ["with a number spelt otherwise", text.replace('"sequenceNumber":1', '"sequenceNumber":1.0')],
    ["with a leading zero", text.replace('"sequenceNumber":1', '"sequenceNumber":01')],
    ["with the number 0", text.replace('"sequenceNumber":1', '"sequenceNumber":0')],
    ["with a needless escape", text.replace("rcpt", "\\u0072cpt")],
    ["with upper case in a hash", text.replaceAll("aaaa", "AAAA")],
    ["with a short hash", text.replace("0".repeat(64), "0".repeat(63))],
    ["with an id that is no UUID", text.replace("00000000-0000", "00000000_0000")],
    ["with a time that does not exist", text.replace("2026-05-01", "2026-02-30")],
    ["with an empty environment", text.replace(entry.environmentId, "")],
    ["with an empty receipt id", text.replace("rcpt_1", "")],
  ])("%s", async (_what, changed) => {
    expect(changed).not.toBe(text);
    expect(await codeOf(() => decodeEntry(changed))).toBe("invalid_entry");
  });
});

test("the digest of a body covers the salt and every byte", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.string({ unit: "grapheme" }),
      (salt, body) => {
        const expected = createHash("sha256")
          .update(Buffer.concat([salt, Buffer.from(body)]))
          .digest("hex");
        expect(bodyDigest(salt, body)).toBe(expected);
        expect(bodyDigest(salt, Buffer.from(body))).toBe(expected);
      },
    ),
  );
});

test("a digest is 64 lower-case hex digits and nothing else", () => {
  expect(isDigestHex("0123456789abcdef".repeat(4))).toBe(true);
  for (const other of ["a".repeat(63), "a".repeat(65), "A".repeat(64), `${"a".repeat(64)}\n`, 1, null]) {
    expect(isDigestHex(other)).toBe(false);
  }
});
