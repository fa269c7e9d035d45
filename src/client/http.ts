import { ComplianceGuardError } from "../core/errors.ts";
import { errorOfAnswer } from "./answer-error.ts";
import { type ApiKey, fetchApiKey } from "./api-key.ts";
import { plainCause } from "./redaction.ts";
import { isSuccess, type Transport } from "./transport.ts";

/** One request to the platform. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** From `/v1` on. */
  readonly path: string;
  /** UTF-8 of JSON. */
  readonly body?: Uint8Array | undefined;
  /** A longer answer is refused. */
  readonly maxAnswerBytes: number;
}

/** What all requests of a client share. */
export interface Connection {
  /** The platform's origin, for messages. */
  readonly origin: string;
  readonly apiKey: ApiKey;
  readonly transport: Transport;
  /** The wall clock in milliseconds since the epoch. */
  readonly clock: () => number;
}

/**
 * Makes one try of one request and gives the text of a 2xx answer. What it throws shows neither the API key, even where
 * the answer echoes it, nor the request's headers or body.
 * @throws {UnknownSystemError} The system that the event names is not registered.
 * @throws {ApiError} Any other answer that is not 2xx; a redirect too, which is never followed.
 * @throws {ComplianceGuardError} `network_error` when no complete answer came, `timeout` when a time limit of a dispatcher's
 *   or a fetch's own ran out, `invalid_answer` when the answer is too long, `key_unavailable` when the API key function
 *   failed. Whoever makes `signal` fire knows why, and looks there first.
 */
export async function exchange(
  { method, path, body, maxAnswerBytes }: HttpRequest,
  { origin, apiKey, transport, clock }: Connection,
  signal: AbortSignal,
): Promise<string> {
  const key = await fetchApiKey(apiKey);
  const headers = {
    accept: "application/json",
    "x-api-key": key,
    ...(body && { "content-type": "application/json" }),
  };
  const answer = await transport
    .send({ method, path, headers, body, maxAnswerBytes }, signal)
    .catch((error) => Promise.reject(networkError(origin, error, key)));
  if (!isSuccess(answer.status)) throw errorOfAnswer(answer, origin, key, clock());
  if (answer.body.isCut) {
    throw new ComplianceGuardError(
      "invalid_answer",
      `The answer of ${origin} is longer than ${maxAnswerBytes} bytes`,
    );
  }
  return answer.body.text;
}

function networkError(origin: string, error: unknown, key: string): ComplianceGuardError {
  const cause = plainCause(error, key);
  const word = "code" in cause ? String(cause.code) : cause.name;
  if (/^UND_ERR_\w+_TIMEOUT$|^TimeoutError$/.test(word)) {
    return new ComplianceGuardError("timeout", `${origin} did not answer in time (${word})`, { cause });
  }
  return new ComplianceGuardError(
    "network_error",
    `No complete answer came from ${origin} (${word}): see cause`,
    { cause },
  );
}
