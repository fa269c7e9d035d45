import { ComplianceGuardError } from "../core/errors.ts";
import { type FetchedEvent, readFetchedEvent } from "./fetched-event.ts";

/** The platform's receipt for a recorded event. */
export interface IngestResult {
  readonly eventId: string;
  readonly systemId: string;
  readonly environmentId: string;
  /** The event's place in its environment's chain. */
  readonly sequenceNumber: number;
  readonly ingestedAtUtc: string;
  readonly eventHash: string;
  readonly receiptId: string;
  /** `client` where the event carried its own id. Older servers do not say. */
  readonly eventIdSource?: string | undefined;
}

/** One page of stored events, and where the next one starts; undefined on the last. */
export interface EventPage {
  readonly events: readonly FetchedEvent[];
  readonly nextAfter: string | undefined;
}

/**
 * Reads the answer of POST /v1/events, in snake_case or in the camelCase of older servers.
 * @param eventId The id that was sent: an answer about another event is none.
 * @throws {ComplianceGuardError} `invalid_answer`, naming the field. What the answer says is not quoted.
 */
export function readIngestResult(text: string, eventId: string): IngestResult {
  const answer = readObject(text);
  const sequenceNumber = field(answer, "sequenceNumber");
  const eventIdSource = field(answer, "eventIdSource");
  if (!isSequenceNumber(sequenceNumber)) throw invalidAnswer("its sequence_number is not a whole number");
  const result = {
    eventId: textField(answer, "eventId"),
    systemId: textField(answer, "systemId"),
    environmentId: textField(answer, "environmentId"),
    sequenceNumber,
    ingestedAtUtc: textField(answer, "ingestedAtUtc"),
    eventHash: textField(answer, "eventHash"),
    receiptId: textField(answer, "receiptId"),
    ...(typeof eventIdSource === "string" && { eventIdSource }),
  };
  requireSameEvent(result.eventId, eventId);
  return result;
}

/**
 * Reads the answer of GET /v1/events/{id}, in either casing. A top-level null counts as absent; objects inside the event
 * are left as they are.
 * @throws {ComplianceGuardError} `invalid_answer` where it is no JSON object, lacks a field or is another event.
 */
export function readEvent(text: string, eventId: string): FetchedEvent {
  const event = readFetchedEvent(parsed(text));
  requireSameEvent(event.eventId, eventId);
  return event;
}

/**
 * Reads the answer of GET /v1/events, in either casing.
 * @throws {ComplianceGuardError} `invalid_answer` where it is not `{events: [...], nextAfter?}`.
 */
export function readEventPage(text: string): EventPage {
  const answer = readObject(text);
  const events = field(answer, "events");
  if (!Array.isArray(events)) throw invalidAnswer("it has no list of events");
  return { events: events.map(readFetchedEvent), nextAfter: cursor(field(answer, "nextAfter")) };
}

type Answer = Readonly<Record<string, unknown>>;

function readObject(text: string): Answer {
  const value = parsed(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Answer;
  throw invalidAnswer("it is not a JSON object");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw invalidAnswer("it is not JSON");
  }
}

/** In the wire format's casing. */
const snakeCase = {
  eventId: "event_id",
  systemId: "system_id",
  environmentId: "environment_id",
  sequenceNumber: "sequence_number",
  ingestedAtUtc: "ingested_at_utc",
  eventHash: "event_hash",
  receiptId: "receipt_id",
  eventIdSource: "event_id_source",
  events: "events",
  nextAfter: "next_after",
} as const;

function field(answer: Answer, name: keyof typeof snakeCase): unknown {
  return Object.hasOwn(answer, snakeCase[name]) ? answer[snakeCase[name]] : answer[name];
}

function textField(answer: Answer, name: keyof typeof snakeCase): string {
  const value = field(answer, name);
  if (typeof value === "string" && value !== "") return value;
  throw invalidAnswer(`its ${name} is not text`);
}

function isSequenceNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Platforms print a UUID in lower case, whatever they were sent. */
function requireSameEvent(shown: string, asked: string): void {
  if (shown.toLowerCase() === asked.toLowerCase()) return;
  throw invalidAnswer(`it is about another event than ${asked}`);
}

function cursor(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || isSequenceNumber(value)) return String(value);
  throw invalidAnswer("its nextAfter is neither text nor a whole number");
}

function invalidAnswer(trouble: string): ComplianceGuardError {
  return new ComplianceGuardError(
    "invalid_answer",
    `What answered is not the platform, or not all of it: ${trouble}. Check baseUrl and what stands between`,
  );
}
