import { isUuid } from "../core/uuid.ts";
import { sortableInstant } from "../evidence/instant.ts";
import { eventAnswer, ingestAnswer } from "./event-answer.ts";
import { type CheckedBody, readEventBody } from "./event-body.ts";
import { readEventQuery } from "./event-query.ts";
import type { CheckedEvent } from "./event-store.ts";
import { refusal } from "./problem.ts";
import { readJsonText } from "./read-body.ts";
import { type Answer, jsonAnswer, type Platform, type Route, type RouteRequest } from "./route.ts";

/** Sending, getting and listing events, as the wire format has it. */
export function eventRoutes(platform: Platform): Route[] {
  return [
    {
      method: "POST",
      path: "/v1/events",
      scope: "events:write",
      handle: ({ request }) => ingestEvent(request, platform),
    },
    {
      method: "GET",
      path: "/v1/events",
      scope: "events:read",
      handle: (request) => listEvents(request.query(), platform),
    },
    {
      method: "GET",
      path: "/v1/events/:id",
      scope: "events:read",
      handle: (request) => getEvent(request, platform),
    },
  ];
}

/** 201 with a receipt once the event is on the disk; 200 with the first receipt where the same body is there already. */
async function ingestEvent(request: Request, { store, systems, settings }: Platform): Promise<Answer> {
  const text = await readJsonText(request, settings.bodyLimitBytes);
  const body = readEventBody(text);
  if (!settings.allowUnknownSystems && !systems.has(body.systemId)) {
    // 422: the body is as it should be, but names what this platform does not have.
    throw refusal(
      422,
      "unknown_system_id",
      'register the system first: POST /v1/systems or "complianceguard system add"',
      {
        members: { system_id: body.systemId },
      },
    );
  }
  const outcome = await store.append(checkedEvent(body, text, settings));
  if (outcome.kind === "conflict") {
    throw refusal(409, "event_id_conflict", "an event with this id and another body is stored already");
  }
  return jsonAnswer(ingestAnswer(outcome.acknowledged), outcome.kind === "stored" ? 201 : 200);
}

async function getEvent({ id }: RouteRequest, { store }: Platform): Promise<Answer> {
  if (!isUuid(id)) throw refusal(400, "invalid_query", "the event's id must be a UUID");
  const event = await store.call("find", id);
  if (!event) throw refusal(404, "not_found", "no event has this id");
  return jsonAnswer(eventAnswer(event));
}

/** A page may hold fewer events than asked for: there is more as long as `nextAfter` is a number. */
async function listEvents(query: URLSearchParams, { store }: Platform): Promise<Answer> {
  const { events, nextAfter } = await store.call("list", readEventQuery(query));
  return jsonAnswer(`{"events":[${events.map(eventAnswer).join(",")}],"nextAfter":${nextAfter}}`);
}

const SALT_BYTES = 32;
const RECEIPT_BYTES = 16;

function checkedEvent(
  { eventId, systemId, correlationId, occurredAtUtc }: CheckedBody,
  text: string,
  { clock, random }: Platform["settings"],
): CheckedEvent {
  const bytes = Buffer.from(random(SALT_BYTES + RECEIPT_BYTES));
  return {
    eventId,
    systemId,
    correlationId,
    occurredAt: sortableInstant(occurredAtUtc),
    ingestedAtUtc: new Date(clock()).toISOString(),
    receiptId: `rcpt_${bytes.toString("hex", SALT_BYTES)}`,
    salt: bytes.toString("hex", 0, SALT_BYTES),
    body: text,
  };
}
