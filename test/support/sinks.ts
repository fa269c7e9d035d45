import type { DeliveryStatus, EventSink } from "../../src/core/event-sink.ts";

/** A sink that keeps nothing. */
export function brokenSink(): EventSink {
  const fail = async (): Promise<never> => {
    throw new Error("disk full");
  };
  const status = async (): Promise<DeliveryStatus> => ({ delivered: 0, waiting: 0, deadLetters: 0 });
  return { begin: fail, submit: fail, flush: status, close: status };
}
