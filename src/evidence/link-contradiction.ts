import { isTimestamp } from "../core/timestamp.ts";
import type { ChainLink } from "./chain-link.ts";
import type { Entry } from "./entry.ts";
import { sortableInstant } from "./instant.ts";

/**
 * The name of the first member of `link` that says other than its entry or its body: these members are what the
 * server searches by, and no hash covers them. Undefined where all agree. An erased body says nothing.
 */
export function linkContradiction(link: ChainLink, entry: Entry): keyof ChainLink | undefined {
  if (link.sequenceNumber !== entry.sequenceNumber) return "sequenceNumber";
  if (link.eventId !== entry.eventId) return "eventId";
  if (link.body === null) return undefined;
  const body = membersOf(link.body);
  if (!body || body["eventId"] !== entry.eventId) return "body";
  if (body["systemId"] !== link.systemId) return "systemId";
  if ((body["correlationId"] ?? null) !== link.correlationId) return "correlationId";
  const occurredAt = body["occurredAtUtc"];
  if (!isTimestamp(occurredAt) || sortableInstant(occurredAt) !== link.occurredAt) return "occurredAt";
  return undefined;
}

function membersOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
