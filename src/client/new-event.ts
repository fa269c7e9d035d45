import {
  buildEventBody,
  type EventContent,
  type EventFields,
  encodeContent,
  encodeEventBody,
} from "../core/event.ts";
import { encryptionKey, type KeyMaterial, keyProviderOf } from "../core/keys.ts";
import type { Override } from "../core/override.ts";
import { sealPayload } from "../core/payload.ts";
import { shortestTimestamp } from "../core/timestamp.ts";
import { newEventId } from "../core/uuid.ts";

/** An event to record: its clear fields, its content and, to send the content sealed, a key. */
export interface NewEvent extends Omit<EventFields, "eventId" | "occurredAtUtc">, EventContent {
  /** @default a new UUIDv7 */
  readonly eventId?: string | null | undefined;
  /** RFC 3339. @default now */
  readonly occurredAtUtc?: string | null | undefined;
  /** 32 bytes, or their base64url or hex text: the content goes along encrypted. Without it only hashes are sent. */
  readonly payloadKey?: KeyMaterial | undefined;
  /** Names the key to whoever decrypts. Required with `payloadKey`, and sent as it is. */
  readonly payloadKeyId?: string | undefined;
}

/** An override to record: who decided what, why, and all else as in {@link NewEvent}. */
export type NewOverride = Override & Omit<NewEvent, keyof Override | "input" | "output" | "correlationId">;

/** An event ready to be sent. */
export interface EncodedEvent {
  readonly eventId: string;
  /** UTF-8 of the JSON body: references and ciphertext, never plaintext. */
  readonly body: Uint8Array;
}

/**
 * Hashes the content, seals it where there is a key, and encodes the body.
 * @param nowMs The time for events that name none, in milliseconds since the epoch.
 * @throws {ComplianceGuardError} `invalid_argument`, `not_canonicalizable`, `invalid_payload_key`, or `invalid_option` for a
 *   payload key without its id.
 */
export async function encodeNewEvent(event: NewEvent, nowMs: number): Promise<EncodedEvent> {
  const eventId = event.eventId ?? newEventId();
  const fields = { ...event, eventId, occurredAtUtc: event.occurredAtUtc ?? shortestTimestamp(nowMs) };
  const components = encodeContent(event, event.payloadKey === undefined ? "hash" : "seal");
  const keys = keyProviderOf(event);
  const key = keys && (await encryptionKey(keys, { eventId, systemId: event.systemId }));
  const payload = key && sealPayload(fields, components, key);
  return { eventId, body: encodeEventBody(buildEventBody(fields, components, payload)) };
}
