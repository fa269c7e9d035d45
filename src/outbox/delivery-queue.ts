import type { KeptRecord } from "./kept-record.ts";
import type { RecordStore } from "./record-store.ts";

/** A record that is under way. */
export interface QueuedRecord {
  readonly queue: DeliveryQueue;
  readonly record: KeptRecord;
  /** How many tries have failed. */
  readonly attempt: number;
}

/** So many records are read at once: a million waiting events take no more memory than these. */
const PAGE = 16;
/** So many may be put off before no new ones are taken. */
const MAX_POSTPONED = 1_000;

/** The order in which one store's events are tried: as they came, and those that failed again when their delay is over. */
export class DeliveryQueue {
  readonly store: RecordStore;
  readonly #underWay = new Set<number>();
  readonly #postponed = new Map<number, { attempt: number; dueAtMs: number }>();
  #attempts = new Map<number, number>();
  #page: KeptRecord[] = [];
  #cursor = 0;
  #nextDueMs = Number.POSITIVE_INFINITY;

  constructor(store: RecordStore) {
    this.store = store;
  }

  /** Whether some records are under way. */
  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  /** When the first postponed record is due; infinity where none is. */
  get nextDueMs(): number {
    return this.#nextDueMs;
  }

  /** The next record that is to be tried again. */
  takeDue(nowMs: number): QueuedRecord | undefined {
    if (this.#nextDueMs > nowMs) return undefined;
    for (const [number, { attempt, dueAtMs }] of this.#postponed) {
      if (dueAtMs > nowMs) continue;
      this.#postponed.delete(number);
      const record = this.store.read(number);
      if (record) return this.#started(record, attempt);
    }
    this.#nextDueMs = Math.min(...[...this.#postponed.values()].map(({ dueAtMs }) => dueAtMs));
    return undefined;
  }

  /** The next record that has not been tried yet. */
  takeNew(): QueuedRecord | undefined {
    if (this.#postponed.size >= MAX_POSTPONED) return undefined;
    for (;;) {
      if (this.#page.length === 0) this.#turnPage();
      const record = this.#page.shift();
      if (!record) return undefined;
      if (!this.#underWay.has(record.number)) return this.#started(record, 0);
    }
  }

  /** The record is no longer among those that wait. */
  done(record: KeptRecord): void {
    this.#underWay.delete(record.number);
    this.#attempts.delete(record.number);
  }

  /** The record is tried again from `dueAtMs` on; its body is read again then. */
  postpone(record: KeptRecord, dueAtMs: number): void {
    const attempt = (this.#attempts.get(record.number) ?? 0) + 1;
    this.#attempts.set(record.number, attempt);
    this.#underWay.delete(record.number);
    this.#postponed.set(record.number, { attempt, dueAtMs });
    this.#nextDueMs = Math.min(this.#nextDueMs, dueAtMs);
  }

  /** Looks at every record again, at once. */
  rewind(): void {
    this.#cursor = 0;
    this.#page = [];
    this.#postponed.clear();
    this.#nextDueMs = Number.POSITIVE_INFINITY;
  }

  /** Mostly there is nothing new, and to look for it costs as much as to send it. */
  #turnPage(): void {
    const { latestNumber } = this.store;
    if (this.#cursor === latestNumber) return;
    this.#page = this.store.page(this.#cursor, PAGE);
    // A record that does not wait has got another number once it does, or all are looked at again.
    this.#cursor = this.#page.at(-1)?.number ?? latestNumber;
  }

  #started(record: KeptRecord, attempt: number): QueuedRecord {
    this.#underWay.add(record.number);
    return { queue: this, record, attempt };
  }
}
