import { randomFillSync } from "node:crypto";

const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/**
 * Random bytes of the system, fetched for many calls at a time: asking the system takes longer than all the rest of an id.
 * @param size At most 4,096.
 * @returns A view that is only good until the next call: use it or copy it at once. No bytes are given out twice.
 */
export function pooledRandomBytes(size: number): Uint8Array {
  if (used + size > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += size;
  return pool.subarray(used - size, used);
}
