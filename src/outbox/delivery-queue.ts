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
/** So many may be put off before no new ones are taken. A host that is down puts off few: the circuit stops the others. */
const MAX_POSTPONED = 10_000;

/** The order in which one store's events are tried: as they came, and those that failed again when their delay is over. */
export class DeliveryQueue {
  readonly store: RecordStore;
  /** Taken, and not yet known to be settled or put off. */
  readonly #underWay = new Set<number>();
  readonly #postponed = new Map<number, { attempt: number; dueAtMs: number }>();
  readonly #unwritten = new Set<KeptRecord>();
  #attempts = new Map<number, number>();
  #page: KeptRecord[] = [];
  #cursor = 0;
  #nextDueMs = Number.POSITIVE_INFINITY;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(store: RecordStore) {
    this.store = store;
  }

  /** Whether some records are under way. */
  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  /** When something can be taken next without anything new coming; infinity where nothing can. */
  get nextDueMs(): number {
    if (this.#unwritten.size > 0) return Number.POSITIVE_INFINITY;
    return Number.isFinite(this.#restsUntilMs) ? this.#restsUntilMs : this.#nextDueMs;
  }

  /** Whether nothing may be taken: the file does not take the answers, or could not be read a moment ago. */
  isResting(nowMs: number): boolean {
    if (this.#unwritten.size > 0 || this.#restsUntilMs > nowMs) return true;
    this.#restsUntilMs = Number.NEGATIVE_INFINITY;
    return false;
  }

  /** The file could not be read: nothing is taken until then. */
  rest(untilMs: number): void {
    this.#restsUntilMs = untilMs;
  }

  /** What became of this record cannot be written now: nothing more is taken until it is. */
  unwritten(record: KeptRecord): void {
    this.#unwritten.add(record);
  }

  /** What became of this record is written. @returns Whether that could not be done before. */
  written(record: KeptRecord): boolean {
    return this.#unwritten.delete(record);
  }

  /** The next record that is to be tried again. */
  takeDue(nowMs: number): QueuedRecord | undefined {
    if (this.#nextDueMs > nowMs) return undefined;
    for (const [number, { attempt, dueAtMs }] of this.#postponed) {
      if (dueAtMs > nowMs) continue;
      const record = this.store.read(number);
      this.#postponed.delete(number);
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
      if (this.#isFree(record)) return this.#started(record, 0);
    }
  }

  /**
   * Any record that is not put off: whether the host answers must not hang on the few at the front, which may be the ones that
   * it cannot digest.
   * @param chance From 0 up to 1: how far behind the front.
   */
  takeAny(chance: number): QueuedRecord | undefined {
    const after = Math.floor(chance * this.store.latestNumber);
    const record =
      this.store.page(after, PAGE).find((each) => this.#isFree(each)) ??
      this.store.page(0, PAGE).find((each) => this.#isFree(each));
    return record && this.#started(record, 0);
  }

  /** The record is no longer among those that wait. */
  done(record: KeptRecord): void {
    this.#underWay.delete(record.number);
    this.#attempts.delete(record.number);
    // After a rewind it may have been read again while it was under way.
    const at = this.#page.findIndex(({ number }) => number === record.number);
    if (at >= 0) this.#page.splice(at, 1);
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

  #isFree({ number }: KeptRecord): boolean {
    return !this.#underWay.has(number) && !this.#postponed.has(number);
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
