import { encodeComponent } from "../core/component.ts";
import { sha256Hex } from "../core/digest.ts";
import { buildEventBody, encodeEventBody } from "../core/event.ts";
import { newEventId } from "../core/uuid.ts";
import type { KeptRecord } from "./kept-record.ts";
import type { RecordStore } from "./record-store.ts";

const EMPTY = encodeComponent({});

/** Takes a dead letter out of a store for good, and keeps an event that says so in its place: it is of the same tenant. */
export function dropDeadLetter(store: RecordStore, eventId: string): boolean {
  const letter = store.findDead(eventId);
  if (!letter) return false;
  const said = droppedEvent(letter, newEventId(), new Date().toISOString());
  store.transaction(() => {
    store.drop(eventId);
    store.submit(said.eventId, false, said.body);
  });
  return true;
}

/** The event that says that another one was taken out of the outbox by hand: its id and the digest of its bytes remain. */
function droppedEvent(
  { eventId: droppedId, body }: Pick<KeptRecord, "eventId" | "body">,
  eventId: string,
  occurredAtUtc: string,
): { readonly eventId: string; readonly body: Uint8Array } {
  const dropped = fieldsOf(body);
  const text = (name: string): string => (typeof dropped[name] === "string" ? dropped[name] : "unknown");
  const fields = {
    eventId,
    systemId: text("systemId"),
    occurredAtUtc,
    modelId: text("modelId"),
    version: text("version"),
    decisionClassification: text("decisionClassification"),
    correlationId: typeof dropped["correlationId"] === "string" ? dropped["correlationId"] : eventId,
    idempotencyKey: eventId,
    actor: { type: "recorder" },
    systemState: { outbox: { dropped: droppedId, dropped_body_sha256: sha256Hex(body) } },
  };
  const components = { input: EMPTY, output: EMPTY, metadata: EMPTY };
  return { eventId, body: encodeEventBody(buildEventBody(fields, components)) };
}

function fieldsOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
