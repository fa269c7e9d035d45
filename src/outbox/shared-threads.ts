import type { ApiKey } from "../client/api-key.ts";
import type { PlainTrouble } from "./messages.ts";
import type { OutboxThread } from "./outbox-thread.ts";

/** One destination of this process, used by any number of outboxes. */
export interface Shared {
  thread: OutboxThread;
  /** Starts a thread, which goes on with the data file of one that has died. */
  readonly start: (continues?: string) => OutboxThread;
  readonly listeners: Set<(trouble: PlainTrouble) => void>;
  readonly apiKey: ApiKey;
  users: number;
  closing: Promise<void> | undefined;
}

// Hot reload loads this file again and again: what it holds must be found, not held twice. More than one of a directory only
// where nobody could tell whether their keys are the same.
const REGISTRY: unique symbol = Symbol.for("complianceguard.outboxes") as never;
const globals = globalThis as { [REGISTRY]?: Map<string, readonly Shared[]> };
globals[REGISTRY] ??= new Map();
const registry = globals[REGISTRY];
const NOBODY: readonly Shared[] = [];

/** Who has a destination's directory open in this process; the same list until somebody comes or goes. */
export function sharedThreads(directory: string): readonly Shared[] {
  return registry.get(directory) ?? NOBODY;
}

/** Lets others of the process find it. */
export function addShared(directory: string, shared: Shared): void {
  registry.set(directory, [...sharedThreads(directory), shared]);
}

/** It is closed: nobody finds it any more. */
export function removeShared(directory: string, shared: Shared): void {
  const others = sharedThreads(directory).filter((each) => each !== shared);
  if (others.length > 0) registry.set(directory, others);
  else registry.delete(directory);
}

/** The thread, or a new one where it has died. */
export function livingThread(shared: Shared): OutboxThread {
  if (shared.thread.isReplaceable) shared.thread = shared.start(shared.thread.ownFile);
  return shared.thread;
}
