import type { DeliveryStatus } from "../core/event-sink.ts";

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
