import { STATUS_CODES } from "node:http";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** What a problem answer is about. Clients decide by it, not by the words of `detail`. */
export type ProblemCode =
  | "unauthorized"
  | "insufficient_scope"
  | "misdirected_host"
  | "not_found"
  | "method_not_allowed"
  | "unsupported_media_type"
  | "body_too_large"
  | "bad_request"
  | "invalid_json"
  | "invalid_query"
  | "invalid_event"
  | "invalid_system"
  | "raw_payload"
  | "incomplete_envelope"
  | "invalid_envelope"
  | "aad_mismatch"
  | "unknown_system_id"
  | "event_id_conflict"
  | "store_unavailable"
  | "internal_error";

/** Members beside the usual ones, and headers. */
export interface ProblemExtras {
  readonly members?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * An answer in problem JSON (RFC 9457).
 * @param detail What failed, what was expected and what to do. Never anything the client sent but names it chose to be
 *   known by, such as its system.
 */
export function problem(
  status: ContentfulStatusCode,
  code: ProblemCode,
  detail: string,
  { members, headers }: ProblemExtras = {},
): Response {
  const body = { type: "about:blank", status, title: STATUS_CODES[status], detail, code, ...members };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/** The same as an exception, which ends the handling of the request with that answer. */
export function refusal(
  status: ContentfulStatusCode,
  code: ProblemCode,
  detail: string,
  extras: ProblemExtras = {},
): HTTPException {
  return new HTTPException(status, { res: problem(status, code, detail, extras) });
}
