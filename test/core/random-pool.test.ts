import fc from "fast-check";
import { expect, test } from "vitest";
import { pooledRandomBytes } from "../../src/core/random-pool.ts";

test("it gives as many bytes as are asked for, and none of them twice", () => {
  const given: string[] = [];
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 4096 }), (size) => {
      const bytes = pooledRandomBytes(size);
      expect(bytes).toHaveLength(size);
      for (let at = 0; at + 16 <= size; at += 16)
        given.push(Buffer.from(bytes.subarray(at, at + 16)).toString("hex"));
    }),
  );
  expect(new Set(given).size).toBe(given.length);
});
