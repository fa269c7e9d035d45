import type { DeliveryStatus } from "../core/event-sink.ts";
import type { DataFile } from "./data-file.ts";

/** How an outbox stands. */
export interface OutboxStatus extends DeliveryStatus {
  /** Start records: runs that have not ended yet. */
  readonly open: number;
  /** Bytes of the bodies that are kept. */
  readonly bytes: number;
  /** Of those that wait, how many were left by a process with another API key, not yet known to be the same tenant's. */
  readonly held: number;
  /** Files found planted or damaged since the start, and moved away. */
  readonly setAside: number;
}

/** How `files` stand, of which those in `held` wait for another key. */
export function statusOf(
  files: readonly DataFile[],
  held: ReadonlySet<DataFile>,
  counted: Pick<OutboxStatus, "delivered" | "setAside"> & { readonly paused: string | undefined },
): OutboxStatus {
  const sum = (field: "waiting" | "open" | "deadLetters" | "bytes"): number =>
    files.reduce((total, { store }) => total + store.counts[field], 0);
  const waiting = sum("waiting");
  const heldCount = [...held].reduce((total, { store }) => total + store.counts.waiting, 0);
  const paused = counted.paused ?? (heldCount > 0 && heldCount === waiting ? "other_key" : undefined);
  return {
    delivered: counted.delivered,
    waiting,
    deadLetters: sum("deadLetters"),
    ...(paused !== undefined && { paused }),
    open: sum("open"),
    bytes: sum("bytes"),
    held: heldCount,
    setAside: counted.setAside,
  };
}
