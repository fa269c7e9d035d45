import { ApiError, UnknownSystemError } from "../core/errors.ts";
import { withoutSecret } from "./redaction.ts";
import { parseRetryAfter } from "./retry.ts";
import type { TransportAnswer } from "./transport.ts";

/** Of an error's body so many characters are kept. */
const MAX_BODY_LENGTH = 2_000;

/**
 * The typed error for an answer that is not 2xx, from its problem JSON where it has any. The API key stands nowhere in it,
 * even where the answer echoes it.
 * @param origin The platform's origin, for messages.
 * @param key The API key that was sent.
 * @param nowMs The wall clock, for a `Retry-After` that is a date.
 */
export function errorOfAnswer(answer: TransportAnswer, origin: string, key: string, nowMs: number): ApiError {
  const { status } = answer;
  // Cut last: a cut through an echoed key would leave a part of it that no search finds.
  const body = withoutSecret(answer.body.text, key).slice(0, MAX_BODY_LENGTH);
  const { code, system_id: systemId } = problemOf(answer.body.text);
  const problem = plainField(code, key);
  if (problem === "unknown_system_id") return new UnknownSystemError(status, body, plainField(systemId, key));
  const message = adviceFor(status, problem, origin);
  return new ApiError(status, body, {
    problem,
    retryAfterMs: parseRetryAfter(answer.retryAfter, nowMs),
    ...(message && { message }),
  });
}

function adviceFor(status: number, problem: string | undefined, origin: string): string | undefined {
  const shown = problem ? `${status}, ${problem}` : String(status);
  if (status >= 300 && status <= 399) {
    return `${origin} answered with a redirect (${shown}), which is not followed, since the API key would go along: set baseUrl to the platform's own address`;
  }
  if (status === 401)
    return `${origin} refuses the API key (${shown}): check that it is a key of this platform`;
  if (status === 403) return `${origin} does not allow this to the API key (${shown}): check its scopes`;
  return undefined;
}

/** The problem JSON of an error's body; empty where the body is none. */
function problemOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** A field of a problem that is fit for a message: text of one line, without the API key. */
function plainField(value: unknown, key: string): string | undefined {
  if (typeof value !== "string" || value === "" || value.length > 200 || /\p{C}/u.test(value))
    return undefined;
  return withoutSecret(value, key);
}
