import type { Recorder } from "../recorder/recorder.ts";
import type { CallRecord } from "./call-record.ts";
import { shared } from "./shared.ts";

/** How long nothing may be heard of a call of which nothing is under way, until it is forgotten. */
const FORGET_AFTER_MS = 3_000;
const SWEEP_EVERY_MS = 1_000;

/** The calls that a recorder is told of by some telemetry: registered twice, each call is still one telemetry's. */
const claimed = shared("claimed-calls", () => new WeakMap<Recorder, Set<string>>());

/**
 * The calls that one telemetry records, by their ids. The framework does not tell the end of each (a reader may walk away), so what
 * is quiet is swept out every second.
 */
export class OpenCalls {
  readonly #calls = new Map<string, { readonly record: CallRecord; heardAt: number }>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** The call where this telemetry records it. */
  of(callId: string): CallRecord | undefined {
    const call = this.#calls.get(callId);
    if (call) call.heardAt = this.#now();
    return call?.record;
  }

  /** Begins the record of a call; undefined where another telemetry has begun one for the same recorder. */
  open(callId: string, recorder: Recorder, begin: () => CallRecord): CallRecord | undefined {
    const claims = claimed.get(recorder) ?? new Set<string>();
    claimed.set(recorder, claims);
    if (claims.has(callId)) return undefined;
    claims.add(callId);
    this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_EVERY_MS).unref();
    const record = begin();
    this.#calls.set(callId, { record, heardAt: this.#now() });
    return record;
  }

  /** Forgets the call where it is over. */
  closeIfOver(callId: string): void {
    const call = this.#calls.get(callId);
    if (call?.record.isOver) this.#forget(callId, call.record);
  }

  #sweep(): void {
    const before = this.#now() - FORGET_AFTER_MS;
    for (const [callId, { record, heardAt }] of this.#calls) {
      if (record.isAbandoned || (heardAt < before && record.isIdle)) this.#forget(callId, record);
    }
    const isQuiet = this.#calls.size === 0;
    this.#timer = isQuiet ? undefined : setTimeout(() => this.#sweep(), SWEEP_EVERY_MS).unref();
  }

  #forget(callId: string, { recorder }: CallRecord): void {
    this.#calls.delete(callId);
    claimed.get(recorder)?.delete(callId);
  }
}
