import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pythonFloatToken, pythonNumber } from "../../src/core/python-number.ts";

const view = new DataView(new ArrayBuffer(8));
const numberOfBits = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const bitsOfNumber = (value: number): bigint => {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};

const BLOCK = 1000;
const vectors = readFileSync("test/vectors/numbers.csv", "utf8")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line) => line.split(",") as [bits: string, canonical: string]);

describe("the vectors made with Python", () => {
  test("are 20,000", () => {
    expect(vectors).toHaveLength(20_000);
  });

  const blocks = Array.from({ length: vectors.length / BLOCK }, (_, block) => block * BLOCK);
  test.each(blocks)("a thousand numbers from line %i on print as in Python", (start) => {
    const block = vectors.slice(start, start + BLOCK);
    const printed = block.map(([bits]) => [bits, pythonNumber(numberOfBits(BigInt(`0x${bits}`)))]);
    expect(printed).toEqual(block);
  });
});

/** The sequence of doubles that external/rfc8785/testdata/README.md describes: listed ones, a serial run, a hash chain. */
function* corpusBits(): Generator<bigint> {
  const readme = readFileSync("test/vectors/external/rfc8785/testdata/README.md", "utf8");
  for (const [, hex] of readme.matchAll(/0x([0-9a-f]{16})n[,\n]/g)) yield BigInt(`0x${hex}`);
  for (let serial = 0n; serial < 2000n; serial++) yield 0x0010000000000000n + serial;
  for (let block = Buffer.alloc(32); ; ) {
    block = createHash("sha256").update(block).digest();
    for (let offset = 0; offset < 32; offset += 8) {
      const bits = block.readBigUInt64LE(offset);
      const value = numberOfBits(bits);
      if (Number.isFinite(value) && value !== 0) yield bits;
    }
  }
}

test("the corpus of RFC 8785's author prints as in Python: first 1,000, 10,000 and 100,000 numbers", () => {
  const hash = createHash("sha256");
  const digests: Record<number, string> = {};
  let lines = 0;
  for (const bits of corpusBits()) {
    hash.update(`${bits.toString(16)},${pythonNumber(numberOfBits(bits))}\n`);
    lines += 1;
    if (lines === 1000 || lines === 10_000) digests[lines] = hash.copy().digest("hex");
    if (lines === 100_000) break;
  }
  digests[lines] = hash.digest("hex");
  expect(digests).toEqual({
    1000: "03811e9b13d4a5f0bf6baec26dc89bbd268c5715e0e7356e8c78f469d25b3501",
    10000: "6efa8fa781bd0b65a65ca119dd49fe6c48b8c2ccf97444e9c513b0060a3ff649",
    100000: "a275cc23c15124a42c085a3ae39567ed826f1fa5b63f03661816a300de7b2e78",
  });
});

test("what is printed reads back as the same number, but for the sign of zero", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Number(pythonNumber(value))).toBe(value === 0 ? 0 : value);
      expect(bitsOfNumber(Number(pythonFloatToken(String(value))))).toBe(
        bitsOfNumber(value === 0 ? 0 : value),
      );
    }),
  );
});

test("NaN and the infinities have no text", () => {
  expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(pythonNumber)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each<[string, string]>([
  ["1.0", "1.0"],
  ["1e0", "1.0"],
  ["10e-1", "1.0"],
  ["1E5", "100000.0"],
  ["-0.0", "-0.0"],
  ["-0e5", "-0.0"],
  ["0.0001", "0.0001"],
  ["0.00001", "1e-05"],
  ["1.5e-7", "1.5e-07"],
  ["9999999999999998.0", "9999999999999998.0"],
  ["1e16", "1e+16"],
  ["12345678901234567890.0", "1.2345678901234567e+19"],
  ["1e100", "1e+100"],
  ["1.000000000000000005", "1.0"],
  ["1e-999", "0.0"],
  ["-1e-999", "-0.0"],
])("the token %s is the float %s", (token, canonical) => {
  expect(pythonFloatToken(token)).toBe(canonical);
});

test("a token that overflows has no text", () => {
  expect(pythonFloatToken("1e999")).toBeUndefined();
  expect(pythonFloatToken("-1e999")).toBeUndefined();
});
