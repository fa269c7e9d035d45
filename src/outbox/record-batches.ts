import { type ComplianceGuardError, OutboxFullError } from "../core/errors.ts";
import type { RecordRequest, Refused } from "./messages.ts";
import { errorOf } from "./plain-error.ts";

interface Waiting {
  readonly request: RecordRequest;
  readonly body: Uint8Array;
  readonly kept: PromiseWithResolvers<void>;
}

/** A message holds at most so much, so that no turn of the application's event loop copies more. */
const BATCH_BYTES = 256 * 1024;
const BATCH_RECORDS = 128;
/** So many messages may be on their way: the thread writes one while the next is packed. */
const MAX_UNDER_WAY = 4;
/** What a disk that does not keep up may cost in memory. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;

/** Packs records into few messages: their bodies as one block of memory that changes hands without being copied again. */
export class RecordBatches {
  readonly #post: (id: number, records: readonly RecordRequest[], bytes: Uint8Array) => void;
  readonly #underWay = new Map<number, readonly Waiting[]>();
  #waiting: Waiting[] = [];
  /** Of bodies that wait or are with the thread. */
  #bytes = 0;
  #isScheduled = false;
  #lastId = 0;

  constructor(post: (id: number, records: readonly RecordRequest[], bytes: Uint8Array) => void) {
    this.#post = post;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#underWay.size === 0;
  }

  /** Resolves when the record is kept. */
  add(request: RecordRequest, body: Uint8Array): Promise<void> {
    if (this.#bytes + body.length > MAX_WAITING_BYTES) {
      return Promise.reject(
        new OutboxFullError(
          `Event ${request.eventId} was not kept: ${this.#bytes} bytes wait for the disk already, which does not keep up`,
        ),
      );
    }
    const kept = Promise.withResolvers<void>();
    this.#waiting.push({ request, body, kept });
    this.#bytes += body.length;
    this.#schedule();
    return kept.promise;
  }

  /** Sends all that waits now: whoever asks the thread something next asks of these, too. */
  sendAll(): void {
    while (this.#waiting.length > 0) this.#send();
  }

  /** The thread has written a batch. */
  settled(id: number, refusals: readonly Refused[]): void {
    const batch = this.#underWay.get(id) ?? [];
    this.#underWay.delete(id);
    const errors = new Map(refusals.map(({ index, error }) => [index, error]));
    for (const [index, { kept, body }] of batch.entries()) {
      this.#bytes -= body.length;
      const error = errors.get(index);
      if (error) kept.reject(errorOf(error));
      else kept.resolve();
    }
    this.#schedule();
  }

  /** Nothing more will be written. */
  fail(error: ComplianceGuardError): void {
    for (const { kept } of [...this.#underWay.values()].flat().concat(this.#waiting)) kept.reject(error);
    this.#underWay.clear();
    this.#waiting = [];
    this.#bytes = 0;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0 || this.#underWay.size >= MAX_UNDER_WAY) return;
    this.#isScheduled = true;
    // What the same turn of the event loop brings goes together.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
      this.#schedule();
    });
  }

  #send(): void {
    let count = 0;
    let size = 0;
    while (count < this.#waiting.length && count < BATCH_RECORDS && (count === 0 || size < BATCH_BYTES)) {
      size += this.#waiting[count++]?.body.length ?? 0;
    }
    if (count === 0) return;
    const batch = this.#waiting.splice(0, count);
    const bytes = new Uint8Array(size);
    let offset = 0;
    for (const { body } of batch) {
      bytes.set(body, offset);
      offset += body.length;
    }
    const id = ++this.#lastId;
    this.#underWay.set(id, batch);
    this.#post(
      id,
      batch.map(({ request }) => request),
      bytes,
    );
  }
}
