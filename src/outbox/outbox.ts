import { checkAccess } from "../client/access-check.ts";
import { type ApiKey, fetchApiKey } from "../client/api-key.ts";
import { ComplianceGuardClient } from "../client/client.ts";
import { ComplianceGuardError, isComplianceGuardError } from "../core/errors.ts";
import type { DeliveryStatus, EventSink, OutgoingEvent } from "../core/event-sink.ts";
import { destinationDirectory } from "./directory.ts";
import { DEFAULT_DIRECTORY } from "./hosting.ts";
import { keyInTime } from "./key-in-time.ts";
import type { DeadLetter, OutboxOpening, PlainTrouble } from "./messages.ts";
import { checkOutboxOptions, type OutboxOptions } from "./outbox-options.ts";
import type { OutboxStatus } from "./outbox-status.ts";
import { OutboxThread, type ThreadSurroundings } from "./outbox-thread.ts";
import { addShared, livingThread, removeShared, type Shared, sharedThreads } from "./shared-threads.ts";

/** How long `flush` and `close` wait where they are not told. A platform that is down must not hold a process. */
const FLUSH_MS = 30_000;

/** How long a second outbox of a process waits for two keys, to learn whether they are the same. */
const COMPARE_MS = 500;

interface TimeoutOptions {
  readonly timeoutMs?: number | undefined;
}

/** Events on disk before they are sent. `begin`, `submit` and `discard` resolve when the disk has it. */
export interface Outbox extends EventSink, AsyncDisposable {
  begin(start: OutgoingEvent): Promise<void>;
  discard(eventId: string): Promise<void>;
  ready(): Promise<void>;
  status(): Promise<OutboxStatus>;
  /** The events that were refused for good, the oldest first, at most 1,000 a file. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** Dead letters wait again: all of them, or one. Gives how many. */
  replay(eventId?: string): Promise<number>;
  /** Takes a dead letter away for good; an event that says so goes to the platform. Gives how many there were: 0 or 1. */
  drop(eventId: string): Promise<number>;
}

/**
 * A sink that keeps events on disk until the platform has acknowledged them, across crashes of the process. Nothing is
 * opened before the first record (or `ready`). All outboxes of one destination in a process share one thread and one file.
 *
 * `submit` rejects with {@link OutboxFullError} where there is no room, and with `outbox_unusable` where the directory cannot
 * be used; the event is then not kept. `flush` and `close` never say that nothing waits while something does.
 * @throws {ComplianceGuardError} `invalid_option`, naming field and remedy.
 */
export function openOutbox(options: OutboxOptions): Outbox {
  checkOutboxOptions(options);
  return new SharedOutbox(options);
}

class SharedOutbox implements Outbox {
  readonly #options: OutboxOptions;
  readonly #directory: string;
  readonly #client: ComplianceGuardClient;
  readonly #listener: (trouble: PlainTrouble) => void;
  #shared: Shared | undefined;
  #joining: Promise<void> | undefined;
  #closed: Promise<DeliveryStatus> | undefined;

  constructor(options: OutboxOptions) {
    const { baseUrl, apiKey, timeoutMs, dispatcher, fetch } = options;
    this.#options = options;
    this.#client = new ComplianceGuardClient({ baseUrl, apiKey, timeoutMs, dispatcher, fetch });
    this.#directory = destinationDirectory(
      options.directory ?? DEFAULT_DIRECTORY,
      baseUrl,
      options.name ?? "default",
    );
    this.#listener = (trouble) => options.onTrouble?.(trouble);
    // As early as can be said; keys that come from functions, and those of outboxes not yet open, are compared when it is opened.
    for (const shared of sharedThreads(this.#directory)) {
      if (typeof apiKey === "string" && typeof shared.apiKey === "string" && shared.apiKey !== apiKey)
        throw otherKey();
    }
  }

  async begin(start: OutgoingEvent): Promise<void> {
    await (await this.#thread()).keep("begin", start);
  }

  async submit(event: OutgoingEvent): Promise<void> {
    await (await this.#thread()).keep("submit", event);
  }

  async discard(eventId: string): Promise<void> {
    await (await this.#thread()).keep("discard", { eventId, body: new Uint8Array() });
  }

  async ready(): Promise<void> {
    await (await this.#thread()).call("ready");
    await checkAccess(this.#client);
  }

  async status(): Promise<OutboxStatus> {
    return (await (await this.#thread()).call("status")) as OutboxStatus;
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    return (await (await this.#thread()).call("deadLetters")) as DeadLetter[];
  }

  async replay(eventId?: string): Promise<number> {
    return (await (await this.#thread()).call("replay", eventId)) as number;
  }

  async drop(eventId: string): Promise<number> {
    return (await (await this.#thread()).call("drop", eventId)) as number;
  }

  async flush({ timeoutMs = FLUSH_MS }: TimeoutOptions = {}): Promise<DeliveryStatus> {
    if (this.#closed) return await this.#closed;
    return await flushed(await this.#thread(), timeoutMs);
  }

  close(options?: TimeoutOptions): Promise<DeliveryStatus> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close({ timeoutMs = FLUSH_MS }: TimeoutOptions = {}): Promise<DeliveryStatus> {
    try {
      if (this.#joining) {
        await this.#joining.catch(() => {});
        // Whoever waited for the same has its turn first.
        await new Promise(setImmediate);
      }
      if (!this.#shared) return NOTHING;
      return await flushed(livingThread(this.#shared), timeoutMs);
    } finally {
      await this.#release();
      await this.#client.close();
    }
  }

  async #release(): Promise<void> {
    const shared = this.#shared;
    if (!shared) return;
    this.#shared = undefined;
    shared.listeners.delete(this.#listener);
    if (--shared.users > 0) return;
    shared.closing = shared.thread.close();
    await shared.closing;
    removeShared(this.#directory, shared);
  }

  /** The destination's thread, started now where nobody has. */
  async #thread(): Promise<OutboxThread> {
    if (this.#closed) throw closedError();
    if (!this.#shared) {
      this.#joining ??= this.#join().finally(() => {
        this.#joining = undefined;
      });
      await this.#joining;
    }
    if (!this.#shared) throw closedError();
    return livingThread(this.#shared);
  }

  /**
   * Shares the thread of whoever has this outbox open with the same key. Where a key cannot be had now there is a thread and a file
   * for each, as for two processes: nothing waits long for a key, and no tenant's events go with another's.
   */
  async #join(): Promise<void> {
    for (;;) {
      const known = sharedThreads(this.#directory);
      await Promise.all(known.map(({ closing }) => closing));
      const verdicts = await Promise.all(known.map(({ apiKey }) => this.#isSameKey(apiKey)));
      // Somebody else has opened or closed it meanwhile.
      if (sharedThreads(this.#directory) !== known || known.some(({ closing }) => closing)) continue;
      if (verdicts.includes(false)) throw otherKey();
      const shared = known[verdicts.indexOf(true)] ?? this.#startShared();
      shared.users++;
      shared.listeners.add(this.#listener);
      this.#shared = shared;
      return;
    }
  }

  /** Undefined where one of the keys cannot be had within {@link COMPARE_MS}. */
  async #isSameKey(other: ApiKey): Promise<boolean | undefined> {
    const { apiKey } = this.#options;
    if (apiKey === other) return true;
    const tooLate = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => tooLate.resolve(undefined), COMPARE_MS);
    try {
      const keys = await Promise.race([
        Promise.all([fetchApiKey(apiKey), fetchApiKey(other)]),
        tooLate.promise,
      ]);
      return keys && keys[0] === keys[1];
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #startShared(): Shared {
    const { baseUrl, timeoutMs = 10_000, dispatcher, fetch } = this.#options;
    const { maxBytes = 2 ** 30, concurrency = 32 } = this.#options;
    const apiKey = keyInTime(this.#options.apiKey, timeoutMs);
    const listeners = new Set<(trouble: PlainTrouble) => void>();
    // It outlives the outbox that made it where others still use the thread; it holds no connection unless it sends.
    const sender = new ComplianceGuardClient({
      baseUrl,
      apiKey,
      timeoutMs,
      dispatcher,
      fetch,
      maxRetries: 0,
    });
    const opening: OutboxOpening = {
      directory: this.#directory,
      baseUrl,
      fixedKey: typeof apiKey === "string" ? apiKey : undefined,
      timeoutMs,
      concurrency,
      maxBytes,
      sendsOutside: Boolean(dispatcher ?? fetch),
      acceptsOtherKey: this.#options.acceptOtherKey ?? false,
    };
    const surroundings: ThreadSurroundings = {
      apiKey: () => fetchApiKey(apiKey),
      send: (eventId, body) => sender.postEventBody(body, { eventId }),
      report: (trouble) => {
        for (const listener of listeners) listener(trouble);
      },
    };
    const start = (continues?: string): OutboxThread =>
      new OutboxThread({ ...opening, continues }, surroundings);
    const shared: Shared = {
      thread: start(),
      start,
      listeners,
      apiKey: this.#options.apiKey,
      users: 0,
      closing: undefined,
    };
    addShared(this.#directory, shared);
    return shared;
  }
}

function closedError(): ComplianceGuardError {
  return new ComplianceGuardError("record_not_kept", "This outbox is closed: make a new one");
}

function otherKey(): ComplianceGuardError {
  return new ComplianceGuardError(
    "invalid_option",
    "Another recorder of this process has this outbox open with another API key: give one of them another outbox name",
  );
}

const NOTHING: DeliveryStatus = { delivered: 0, waiting: 0, deadLetters: 0 };

/** Whoever flushes was told before that the outbox is broken: what is on its disk goes with the next start. */
async function flushed(thread: OutboxThread, timeoutMs: number): Promise<DeliveryStatus> {
  try {
    const { delivered, waiting, deadLetters, paused } = (await thread.call(
      "flush",
      timeoutMs,
    )) as OutboxStatus;
    return { delivered, waiting, deadLetters, ...(paused !== undefined && { paused }) };
  } catch (error) {
    return { ...NOTHING, paused: isComplianceGuardError(error) ? error.code : "outbox_unusable" };
  }
}
