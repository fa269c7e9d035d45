import type { IngestResult } from "../client/answers.ts";
import { retryDelay } from "../client/retry.ts";
import { withoutPayload } from "../client/without-payload.ts";
import { ApiError } from "../core/errors.ts";
import { Circuit } from "./circuit.ts";
import { outcomeOf } from "./delivery-outcome.ts";
import { DeliveryQueue, type QueuedRecord } from "./delivery-queue.ts";
import type { KeptRecord } from "./kept-record.ts";
import type { RecordStore, Refusal } from "./record-store.ts";
import { renamedEvent } from "./renamed-body.ts";
import { isOfContent } from "./sqlite-errors.ts";

/** What is written about a record once the platform has answered. */
export type Settlement =
  | { readonly kind: "delivered"; readonly answer: IngestResult | undefined }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "replaced"; readonly eventId: string; readonly body: Uint8Array };

/** What delivery needs of its surroundings. */
export interface DeliverySurroundings {
  /** One try. Rejects with an error of this package. */
  send(eventId: string, body: Uint8Array): Promise<IngestResult>;
  /** Keeps what became of a record. Resolves when it is on the disk. */
  settle(store: RecordStore, record: KeptRecord, settlement: Settlement): Promise<void>;
  /** False where the answer shows that the events of this store belong to another environment: delivery stops. */
  isOwnAnswer(store: RecordStore, answer: IngestResult): boolean;
  /** Told once each time delivery comes to need somebody's help. */
  onPause(reason: string, cause: unknown): void;
  /** A file cannot be read, or does not take an answer. It is tried again each second, unless it is abandoned here. */
  onDiskTrouble(store: RecordStore, cause: unknown): void;
  /** Milliseconds of any steady clock. */
  clock(): number;
  random(): number;
  /** Calls back after so many milliseconds. */
  schedule(delayMs: number, wake: () => void): void;
}

/** Settled events whose transaction is not on the disk yet are at most so many: their place is free for the next request. */
const MAX_UNWRITTEN = 512;
/** A new event waits so long for others, since many at once cost far less than each alone. Milliseconds. */
const GATHER_MS = 500;
/** So many wait for no more. */
const ENOUGH = 256;
/** So many are under way at most while few wait, since each may need a connection of its own; for every so many that wait one. */
const [FEW, FOR_EACH_MORE] = [8, 4];

/** An event that has failed so often says nothing of the host any more. */
const ENOUGH_FAILURES = 3;
/** When a file that could not be read or written is tried again. */
const DISK_RETRY_MS = 1_000;

/** Sends what waits in any number of stores to one platform. No order is promised between events. */
export class Delivery {
  readonly #surroundings: DeliverySurroundings;
  readonly #circuit: Circuit;
  readonly #queues = new Map<RecordStore, DeliveryQueue>();
  #underWay = 0;
  #unwritten = 0;
  #stopped: string | undefined;
  #alarm: number | undefined;
  #isGathering = false;
  #takesNew = true;

  constructor(surroundings: DeliverySurroundings, concurrency: number) {
    this.#surroundings = surroundings;
    this.#circuit = new Circuit(concurrency, surroundings.random);
  }

  /** Why delivery has stopped, where somebody has to do something. */
  get paused(): string | undefined {
    return this.#stopped ?? this.#circuit.paused;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Starts to deliver what a store holds. */
  add(store: RecordStore): void {
    this.#queues.set(store, new DeliveryQueue(store));
    this.sendNow();
  }

  /** Forgets a store that is about to be closed. @returns False while some of its records are under way. */
  remove(store: RecordStore): boolean {
    if (this.#queues.get(store)?.isBusy) return false;
    this.#queues.delete(store);
    return true;
  }

  /** Forgets a store at once. What is under way comes to nothing. */
  abandon(store: RecordStore): void {
    this.#queues.delete(store);
  }

  /** Looks at everything from the start again, at once: dead letters wait again, or somebody asked to try now. */
  restart(): void {
    this.#circuit.tryNow();
    for (const queue of this.#queues.values()) queue.rewind();
    this.sendNow();
  }

  /** Nothing more is sent. */
  stop(reason: string): void {
    this.#stopped = reason;
  }

  /** Sends all that waits, as far as as much may be under way. */
  sendNow(): void {
    this.#takesNew = true;
    this.#wake();
  }

  /** To be called when something new waits: sends it a moment later together with what has come by then. */
  sendSoon(): void {
    if (this.#takesNew || this.#newCount() >= ENOUGH) this.sendNow();
    else if (!this.#isGathering && this.#newCount() > 0) {
      this.#isGathering = true;
      this.#surroundings.schedule(GATHER_MS, () => {
        this.#isGathering = false;
        this.sendNow();
      });
    }
  }

  #newCount(): number {
    return this.#waitingCount() - this.#underWay - this.#unwritten;
  }

  #waitingCount(): number {
    let count = 0;
    for (const store of this.#queues.keys()) count += store.counts.waiting;
    return count;
  }

  #wake(): void {
    if (this.#stopped !== undefined) return;
    const nowMs = this.#surroundings.clock();
    const limit = Math.min(
      this.#circuit.limit(nowMs),
      Math.max(FEW, Math.ceil(this.#waitingCount() / FOR_EACH_MORE)),
    );
    while (this.#underWay < limit && this.#unwritten < MAX_UNWRITTEN) {
      const next = this.#take(nowMs);
      if (!next) break;
      this.#underWay++;
      void this.#deliver(next);
    }
    this.#setAlarm(nowMs);
  }

  #take(nowMs: number): QueuedRecord | undefined {
    let isAnyResting = false;
    for (const [store, queue] of this.#queues) {
      const next = queue.isResting(nowMs) ? undefined : this.#takeFrom(queue, nowMs);
      isAnyResting ||= queue.isResting(nowMs);
      if (!next) continue;
      // The next time another store comes first.
      this.#queues.delete(store);
      this.#queues.set(store, queue);
      return next;
    }
    // What a resting file holds may be new.
    if (!isAnyResting) this.#takesNew = false;
    return undefined;
  }

  #takeFrom(queue: DeliveryQueue, nowMs: number): QueuedRecord | undefined {
    try {
      const probe = this.#circuit.isInDoubt ? queue.takeAny(this.#surroundings.random()) : undefined;
      return probe ?? queue.takeDue(nowMs) ?? (this.#takesNew ? queue.takeNew() : undefined);
    } catch (error) {
      queue.rest(nowMs + DISK_RETRY_MS);
      this.#surroundings.onDiskTrouble(queue.store, error);
      return undefined;
    }
  }

  async #deliver(queued: QueuedRecord): Promise<void> {
    const settlement = await this.#try(queued);
    this.#underWay--;
    if (settlement !== undefined) {
      this.#unwritten++;
      this.#wake();
      await this.#write(queued, settlement);
      this.#unwritten--;
    }
    this.#wake();
    // What has come meanwhile, in the same transaction as the answer, counts as new only now.
    this.sendSoon();
  }

  /** As often as it takes: the platform has answered, and need not be asked again because a disk is full. */
  async #write({ queue, record }: QueuedRecord, settlement: Settlement): Promise<void> {
    const { settle, schedule } = this.#surroundings;
    for (;;) {
      try {
        await settle(queue.store, record, settlement);
        break;
      } catch (error) {
        // Read by somebody else from now on: its events go again, and the platform repeats its answers.
        if (this.#stopped !== undefined || !this.#isKnown(queue)) return;
        this.#surroundings.onDiskTrouble(queue.store, error);
        // On a damaged page it can never be written. Left under way, it keeps no other back and goes again after the next start.
        if (isOfContent(error)) return;
        queue.unwritten(record);
        await new Promise<void>((wake) => schedule(DISK_RETRY_MS, wake));
      }
    }
    // What came while the file took nothing.
    if (queue.written(record)) this.#takesNew = true;
    if (settlement.kind === "replaced") queue.postpone(record, 0);
    else queue.done(record);
  }

  #isKnown({ store }: DeliveryQueue): boolean {
    return this.#queues.has(store);
  }

  /** One try. Gives what is to be written, or undefined where the record has been put back. */
  async #try({ queue, record, attempt }: QueuedRecord): Promise<Settlement | undefined> {
    if (!record.isIntact) return { kind: "refused", refusal: ALTERED };
    try {
      const answer = await this.#surroundings.send(record.eventId, record.body);
      if (!this.#isKnown(queue)) return undefined;
      if (this.#surroundings.isOwnAnswer(queue.store, answer)) {
        this.#circuit.succeeded();
        return { kind: "delivered", answer };
      }
      this.#stopped ??= "other_environment";
      queue.postpone(record, Number.POSITIVE_INFINITY);
      return undefined;
    } catch (error) {
      return this.#afterFailure({ queue, record, attempt }, error);
    }
  }

  #afterFailure({ queue, record, attempt }: QueuedRecord, error: unknown): Settlement | undefined {
    const { clock, random, onPause } = this.#surroundings;
    const outcome = outcomeOf(error, record);
    switch (outcome.next) {
      case "retry":
        if (attempt < ENOUGH_FAILURES || outcome.retryAfterMs !== undefined)
          this.#circuit.failed(clock(), outcome.retryAfterMs);
        queue.postpone(record, clock() + retryDelay(attempt, random, outcome.retryAfterMs));
        return undefined;
      case "pause":
        if (this.#circuit.paused !== outcome.reason) onPause(outcome.reason, error);
        this.#circuit.pause(clock(), outcome.reason);
        queue.postpone(record, 0);
        return undefined;
      default:
        this.#circuit.succeeded();
    }
    switch (outcome.next) {
      case "already_recorded":
        return { kind: "delivered", answer: undefined };
      case "dead_letter":
        return refused(error, outcome.code, outcome.status);
      case "rename": {
        const renamed = renamedEvent(record.eventId, record.body);
        return renamed ? { kind: "replaced", ...renamed } : refused(error, "api_error", 409);
      }
      case "reduce": {
        const body = withoutPayload(record.body);
        return body ? { kind: "replaced", eventId: record.eventId, body } : refused(error, "api_error", 413);
      }
    }
  }

  #setAlarm(nowMs: number): void {
    const opensAtMs = this.#circuit.opensAtMs(nowMs);
    // Whatever is under way wakes it up anyway.
    if (opensAtMs === undefined && this.#underWay + this.#unwritten > 0) return;
    const atMs = opensAtMs ?? Math.min(...[...this.#queues.values()].map((queue) => queue.nextDueMs));
    if (!Number.isFinite(atMs)) return;
    if (this.#alarm !== undefined && this.#alarm > nowMs && this.#alarm <= atMs) return;
    this.#alarm = atMs;
    this.#surroundings.schedule(Math.max(1, Math.ceil(atMs - nowMs)), () => {
      if (this.#alarm === atMs) this.#alarm = undefined;
      this.#wake();
    });
  }
}

const ALTERED: Refusal = {
  code: "outbox_damaged",
  status: undefined,
  answer: "The bytes on the disk are not those that were kept: never sent",
};

function refused(error: unknown, code: string, status: number | undefined): Settlement {
  const answer = error instanceof ApiError ? error.body : "";
  return { kind: "refused", refusal: { code, status, answer } };
}
