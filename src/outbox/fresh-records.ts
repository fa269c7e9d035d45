import type { KeptRecord } from "./kept-record.ts";

/** What waits in memory as well: more than a platform that answers leaves waiting. */
const MAX_BYTES = 8 * 2 ** 20;

/**
 * The records of one file that came a moment ago, so that delivery need not read back and hash again what was just written. Only a
 * shortcut: the file has them all, and what does not fit is read from it.
 */
export class FreshRecords {
  readonly #records = new Map<number, KeptRecord>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#records.size === 0;
  }

  add(record: KeptRecord): void {
    if (this.#bytes + record.body.length > MAX_BYTES) return;
    this.#records.set(record.number, record);
    this.#bytes += record.body.length;
  }

  get(number: number): KeptRecord | undefined {
    return this.#records.get(number);
  }

  delete(number: number): void {
    const record = this.#records.get(number);
    if (record && this.#records.delete(number)) this.#bytes -= record.body.length;
  }
}
