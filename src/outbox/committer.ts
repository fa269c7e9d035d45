import { isComplianceGuardError, OutboxFullError } from "../core/errors.ts";
import type { Settlement } from "./delivery.ts";
import type { KeptRecord } from "./kept-record.ts";
import type { RecordRequest } from "./messages.ts";
import type { RecordStore } from "./record-store.ts";
import { isFull, isOfContent } from "./sqlite-errors.ts";

/** A record that is to be kept. Exactly one of the two is called, once. */
export interface Incoming {
  readonly request: RecordRequest;
  readonly body: Uint8Array;
  kept(): void;
  refused(error: unknown): void;
}

interface Settled {
  readonly store: RecordStore;
  readonly record: KeptRecord;
  readonly settlement: Settlement;
  readonly written: PromiseWithResolvers<void>;
}

/** Answers wait so long for company: nobody waits for them, and a transaction an answer would cost a disk sync each. */
const SETTLE_AFTER_MS = 200;
/** So many answers wait for no more. */
const ENOUGH_ANSWERS = 256;

/**
 * Writes what comes in and what was answered, all that has gathered in one transaction a file. What arrives while one runs is
 * in the next.
 */
export class Committer {
  readonly #own: RecordStore;
  readonly #maxBytes: number;
  readonly #afterCommit: () => void;
  readonly #onAnswer: (store: RecordStore, settlement: Settlement) => void;
  #incoming: Incoming[] = [];
  #settled: Settled[] = [];
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param parts.own Where new records go.
   * @param parts.onAnswer Writes what an answer says beside the record, in the same transaction.
   */
  constructor(parts: {
    readonly own: RecordStore;
    readonly maxBytes: number;
    readonly afterCommit: () => void;
    readonly onAnswer: (store: RecordStore, settlement: Settlement) => void;
  }) {
    this.#own = parts.own;
    this.#maxBytes = parts.maxBytes;
    this.#afterCommit = parts.afterCommit;
    this.#onAnswer = parts.onAnswer;
  }

  /** Takes a record. Its callback comes when its transaction is on the disk. */
  keep(incoming: Incoming): void {
    this.#incoming.push(incoming);
    this.commitSoon();
  }

  /** Takes what became of a record. Resolves when it is on the disk. */
  settle(store: RecordStore, record: KeptRecord, settlement: Settlement): Promise<void> {
    const written = Promise.withResolvers<void>();
    this.#settled.push({ store, record, settlement, written });
    if (this.#settled.length >= ENOUGH_ANSWERS) this.commitSoon();
    else this.#timer ??= setTimeout(() => this.commitSoon(), SETTLE_AFTER_MS);
    return written.promise;
  }

  /** Writes all that has gathered once the messages that are here already are read. */
  commitSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.commit());
  }

  /** Writes all that has gathered, now. */
  commit(): void {
    this.#isScheduled = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const incoming = this.#incoming;
    this.#incoming = [];
    const byStore = Map.groupBy(this.#settled, ({ store }) => store);
    this.#settled = [];
    if (incoming.length > 0 || byStore.has(this.#own)) {
      this.#commitTo(this.#own, incoming, byStore.get(this.#own) ?? []);
      byStore.delete(this.#own);
    }
    for (const [store, settled] of byStore) this.#commitTo(store, [], settled);
    this.#afterCommit();
  }

  #commitTo(store: RecordStore, incoming: readonly Incoming[], settled: readonly Settled[]): void {
    const full: Incoming[] = [];
    try {
      store.transaction(() => {
        for (const each of settled) this.#apply(each);
        for (const each of incoming) if (!this.#keep(store, each)) full.push(each);
      });
    } catch (cause) {
      // What one of them does to the transaction is no reason to refuse the others.
      if (settled.length > 0 && settled.length + incoming.length > 1 && isOfContent(cause)) {
        for (const each of settled) this.#commitTo(store, [], [each]);
        if (incoming.length > 0) this.#commitTo(store, incoming, []);
        return;
      }
      const error = explained(cause);
      for (const { written } of settled) written.reject(error);
      for (const each of incoming) each.refused(error);
      return;
    }
    for (const { written } of settled) written.resolve();
    const refused = new Set(full);
    for (const each of incoming) {
      if (refused.has(each)) each.refused(this.#noRoom(store, each));
      else each.kept();
    }
  }

  #apply({ store, record, settlement }: Settled): void {
    this.#onAnswer(store, settlement);
    if (settlement.kind === "delivered") store.delivered(record);
    else if (settlement.kind === "replaced") store.replaced(record, settlement.eventId, settlement.body);
    else store.refused(record, settlement.refusal, new Date().toISOString());
  }

  /** False where there is no room. */
  #keep(store: RecordStore, { request, body }: Incoming): boolean {
    const { action, eventId, hasDerivedId } = request;
    if (action === "discard") {
      store.discard(eventId);
      return true;
    }
    if (store.counts.bytes + body.length > this.#maxBytes) return false;
    store[action](eventId, hasDerivedId, body);
    return true;
  }

  #noRoom(store: RecordStore, { request }: Incoming): OutboxFullError {
    return new OutboxFullError(
      `Event ${request.eventId} was not kept: ${store.counts.bytes} bytes wait in the outbox, and ${request.size} more would exceed maxBytes (${this.#maxBytes}); let it deliver, or raise maxBytes`,
    );
  }
}

/** The errors of SQLite as this package's. */
function explained(error: unknown): unknown {
  if (isComplianceGuardError(error)) return error;
  if (isFull(error)) {
    return new OutboxFullError(
      "The outbox's disk is full: nothing was discarded, and nothing more is kept until there is room",
      {
        cause: error,
      },
    );
  }
  return new Error(`The outbox could not write: ${(error as Error).message}`, { cause: error });
}
