import type { EventBody } from "../core/event.ts";
import type { DeliveryStatus, EventSink, OutgoingEvent } from "../core/event-sink.ts";

/** A sink for your own tests: what would be sent, parsed. */
export interface MemorySink extends EventSink {
  /** The bodies of the submitted events, in the order they came. */
  readonly events: readonly EventBody[];
  /** The start records of runs that have not ended, by event id. */
  readonly open: ReadonlyMap<string, EventBody>;
}

/** Keeps events in memory, start records too. */
export function memorySink(): MemorySink {
  const events: EventBody[] = [];
  const open = new Map<string, EventBody>();
  const status = async (): Promise<DeliveryStatus> => ({
    delivered: events.length,
    waiting: 0,
    deadLetters: 0,
  });
  return {
    events,
    open,
    async begin(start) {
      open.set(start.eventId, parse(start));
    },
    async submit(event) {
      open.delete(event.eventId);
      events.push(parse(event));
    },
    async discard(eventId) {
      open.delete(eventId);
    },
    flush: status,
    close: status,
  };
}

function parse(event: OutgoingEvent): EventBody {
  return JSON.parse(Buffer.from(event.body).toString("utf8")) as EventBody;
}
