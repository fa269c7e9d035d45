import { jsonMembers } from "../core/json-members.ts";
import { decodeEntry } from "../evidence/entry.ts";
import type { Acknowledgement, EventRow } from "./event-store.ts";

/** The answer to POST /v1/events, in the wire format's snake_case. */
export function ingestAnswer(acknowledged: Acknowledgement): Record<string, string | number> {
  return {
    event_id: acknowledged.eventId,
    system_id: acknowledged.systemId,
    environment_id: acknowledged.environmentId,
    sequence_number: acknowledged.sequenceNumber,
    ingested_at_utc: acknowledged.ingestedAtUtc,
    event_hash: acknowledged.eventHash,
    event_id_source: "client",
    receipt_id: acknowledged.receiptId,
  };
}

/**
 * The JSON text of a stored event, in camelCase: the fields of its body, then the payload's four where there are any,
 * then the members of its entry and the entry's hash. The body's fields are copied from its text, not printed anew: a
 * number stays as it was written, however large or long.
 */
export function eventAnswer(event: EventRow): string {
  const body = Buffer.from(event.body, "utf8");
  const fields = jsonMembers(body)
    .filter(({ name }) => name !== "payload")
    .map(({ nameStart, valueEnd }) => body.toString("utf8", nameStart, valueEnd));
  // The event's id stands among the fields already.
  const { eventId: _, ...entry } = decodeEntry(event.entry);
  const added = JSON.stringify({
    ...payloadFields(event.body),
    ...entry,
    v: undefined,
    eventHash: event.eventHash,
  });
  return `{${fields.join(",")},${added.slice(1, -1)}}`;
}

function payloadFields(body: string): Record<string, string> {
  const { payload } = JSON.parse(body) as { payload?: Readonly<Record<string, string>> | null };
  if (!payload) return {};
  const { ciphertext, keyId, nonce, aadHash } = payload as Record<string, string>;
  return {
    payloadCiphertext: ciphertext as string,
    payloadKeyId: keyId as string,
    payloadNonce: nonce as string,
    payloadAadHash: aadHash as string,
  };
}
