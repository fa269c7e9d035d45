import { ComplianceGuardError } from "../core/errors.ts";
import type { DeliveryStatus, EventSink, OutgoingEvent } from "../core/event-sink.ts";
import { MAX_TIMEOUT_MS } from "../core/timer-limit.ts";
import { checkAccess } from "./access-check.ts";
import type { ComplianceGuardClient } from "./client.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { deliverDirectly } from "./direct-delivery.ts";
import { type Timing, type TimingOptions, timingOf } from "./timing.ts";

/** How a direct sink delivers. */
export interface DirectSinkOptions extends TimingOptions {
  /** Events that wait for the platform hold at most so much; one more is refused. Bytes. @default 16777216 (16 MiB) */
  readonly maxWaitingBytes?: number | undefined;
  /** How many events are sent at once. @default 8 */
  readonly concurrency?: number | undefined;
  /**
   * How long an event is tried again after trouble that may pass, from when it was submitted. The last try may take the
   * client's `timeoutMs` beyond it. Milliseconds.
   * @default 30000
   */
  readonly retryForMs?: number | undefined;
  /** A monotonic clock in milliseconds. @default performance.now */
  readonly clock?: TimingOptions["clock"];
}

/** The part of a client that a direct sink uses. */
type Sender = Pick<ComplianceGuardClient, "postEventBody" | "getEvent">;

/**
 * A sink that sends events to the platform at once and keeps nothing on disk: what waits is lost with the process. For
 * serverless functions and disks that cannot be written; elsewhere use the outbox.
 *
 * `submit` resolves when the platform has acknowledged the event. It rejects with the last error when the platform refuses
 * it for good or `retryForMs` has passed, and with `record_not_kept` when too much waits already or the sink is closed. An
 * event that is too large (413) is sent once more without its payload; a 409 for a derived id means it is recorded
 * already. No order is promised. In a status `deadLetters` counts the events that `submit` rejected: they are not kept.
 * @param client Stays the caller's to close.
 * @throws {ComplianceGuardError} `invalid_option`, naming field and remedy.
 */
export function directSink(client: Sender, options: DirectSinkOptions = {}): EventSink {
  return new DirectSink(client, options);
}

class DirectSink implements EventSink {
  readonly #client: Sender;
  readonly #timing: Timing;
  readonly #maxWaitingBytes: number;
  readonly #retryForMs: number;
  readonly #limit: ConcurrencyLimit;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<Promise<void>>();
  #waitingBytes = 0;
  #delivered = 0;
  #givenUp = 0;
  #isClosed = false;

  constructor(client: Sender, options: DirectSinkOptions) {
    const { maxWaitingBytes = 2 ** 24, concurrency = 8, retryForMs = 30_000 } = options;
    requireWhole({ maxWaitingBytes, concurrency, retryForMs });
    this.#client = client;
    this.#timing = timingOf({ ...options, clock: options.clock ?? (() => performance.now()) });
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#retryForMs = retryForMs;
    this.#limit = new ConcurrencyLimit(concurrency);
  }

  async ready(): Promise<void> {
    await checkAccess(this.#client);
  }

  async submit(event: OutgoingEvent): Promise<void> {
    this.#requireRoomFor(event);
    const delivery = this.#deliver(event);
    this.#waiting.add(delivery);
    this.#waitingBytes += event.body.length;
    try {
      await delivery;
      this.#delivered++;
    } catch (error) {
      this.#givenUp++;
      throw this.#closing.signal.aborted ? closedError(event, error) : error;
    } finally {
      this.#waiting.delete(delivery);
      this.#waitingBytes -= event.body.length;
    }
  }

  async flush({ timeoutMs }: { readonly timeoutMs?: number | undefined } = {}): Promise<DeliveryStatus> {
    let isTimeUp = false;
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      if (timeoutMs === undefined) return;
      const onTimeUp = (): void => {
        isTimeUp = true;
        resolve();
      };
      timer = setTimeout(onTimeUp, Math.min(timeoutMs, MAX_TIMEOUT_MS));
    });
    while (this.#waiting.size > 0 && !isTimeUp) {
      await Promise.race([Promise.allSettled(this.#waiting), timeUp]);
    }
    clearTimeout(timer);
    return { delivered: this.#delivered, waiting: this.#waiting.size, deadLetters: this.#givenUp };
  }

  async close(options?: { readonly timeoutMs?: number | undefined }): Promise<DeliveryStatus> {
    this.#isClosed = true;
    const status = await this.flush(options);
    this.#closing.abort();
    return status;
  }

  #deliver(event: OutgoingEvent): Promise<void> {
    const giveUpAtMs = this.#timing.clock() + this.#retryForMs;
    const delivery = { client: this.#client, timing: this.#timing, giveUpAtMs, signal: this.#closing.signal };
    return this.#limit.run(() => deliverDirectly(event, delivery));
  }

  #requireRoomFor({ eventId, body }: OutgoingEvent): void {
    const hasRoom = this.#waitingBytes + body.length <= this.#maxWaitingBytes;
    if (!this.#isClosed && hasRoom) return;
    this.#givenUp++;
    throw new ComplianceGuardError(
      "record_not_kept",
      this.#isClosed
        ? `Event ${eventId} was not kept: it came after the sink was closed`
        : `Event ${eventId} was not kept: ${this.#waitingBytes} bytes wait for the platform and ${body.length} more would exceed maxWaitingBytes (${this.#maxWaitingBytes}); raise it, or use the outbox`,
    );
  }
}

function closedError({ eventId }: OutgoingEvent, cause: unknown): ComplianceGuardError {
  return new ComplianceGuardError(
    "record_not_kept",
    `The sink was closed while event ${eventId} was on its way`,
    { cause },
  );
}

function requireWhole(fields: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new ComplianceGuardError(
      "invalid_option",
      `${name} must be a whole number from 1, got ${String(value)}`,
    );
  }
}
