import { ComplianceGuardError } from "../core/errors.ts";
import { buildOverride } from "../core/override.ts";
import { isUuid } from "../core/uuid.ts";
import { type IngestResult, readEvent, readEventPage, readIngestResult } from "./answers.ts";
import { parseBaseUrl } from "./base-url.ts";
import { type ClientOptions, checkClientOptions } from "./client-options.ts";
import { type EventFilter, pathOfPage } from "./event-filter.ts";
import { fetchTransport } from "./fetch-transport.ts";
import type { FetchedEvent } from "./fetched-event.ts";
import type { Connection } from "./http.ts";
import { encodeNewEvent, type NewEvent, type NewOverride } from "./new-event.ts";
import { type Call, retriedExchange } from "./retried-exchange.ts";
import { type Timing, timingOf } from "./timing.ts";
import { dispatchedTransport, pooledTransport } from "./undici-transport.ts";

/** What every call takes last. */
export interface CallOptions {
  /** Ends the call early; it then throws `aborted`, with the signal's reason as `cause`. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_RETRIES = 2;
const MAX_RECEIPT_BYTES = 2 ** 20;
/** A stored event carries its payload, more than a MiB by default, and a page holds many. */
const MAX_STORED_BYTES = 2 ** 26;

/**
 * Talks to one platform, over connections that are kept alive.
 *
 * Every call throws, beside what it names itself, {@link ApiError} for an answer that is not 2xx, and ComplianceGuardError
 * with the code `network_error`, `timeout` (of the call as a whole), `aborted`, `invalid_answer` (too long, not JSON, fields
 * missing, another event) or `key_unavailable` (the `apiKey` function failed). No error, inspection or log shows API key,
 * payload key or content.
 *
 * @example
 * await using client = new ComplianceGuardClient({ baseUrl, apiKey });
 * const { receiptId } = await client.ingestEvent({ systemId: "cv-screening-prod", modelId: "gpt-5", version: "2026.05.01",
 *   decisionClassification: "automated_decision", input, output });
 */
export class ComplianceGuardClient {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  readonly #maxRetries: number;
  readonly #timing: Timing;
  #closed: Promise<void> | undefined;

  /** @throws {ComplianceGuardError} `invalid_option`, naming field and remedy. Nothing is connected yet. */
  constructor(options: ClientOptions) {
    checkClientOptions(options);
    const baseUrl = parseBaseUrl(options.baseUrl);
    const { apiKey, timeoutMs = DEFAULT_TIMEOUT_MS, maxRetries = DEFAULT_MAX_RETRIES } = options;
    this.#timeoutMs = timeoutMs;
    this.#maxRetries = maxRetries;
    this.#timing = timingOf(options);
    const { fetch, dispatcher } = options;
    const transport = fetch
      ? fetchTransport(baseUrl, fetch)
      : dispatcher
        ? dispatchedTransport(baseUrl, dispatcher)
        : pooledTransport(baseUrl, timeoutMs);
    this.#connection = { origin: baseUrl.origin, apiKey, transport, clock: this.#timing.clock };
  }

  /**
   * Records an event: hashes its content, seals it where there is a key, and gives the platform's receipt. Tried again
   * after passing trouble only where the event has an `idempotencyKey`.
   * @throws {UnknownSystemError} The system is not registered in the workspace of the API key.
   * @throws {ComplianceGuardError} Before anything is sent: `invalid_argument`, `not_canonicalizable`,
   *   `invalid_payload_key`, or `invalid_option` for a payload key without its id.
   */
  async ingestEvent(event: NewEvent, options: CallOptions = {}): Promise<IngestResult> {
    const { eventId, body } = await encodeNewEvent(event, this.#timing.clock());
    return this.#post(eventId, body, event.idempotencyKey ? this.#maxRetries : 0, options);
  }

  /**
   * Records that a person overrode a decision (AI Act, Article 14): an event whose input is the original output and
   * whose output the final one, tied to the decision by `requestId`.
   * @throws {UnknownSystemError} As `ingestEvent`, and all else as there.
   */
  async logOverride(override: NewOverride, options: CallOptions = {}): Promise<IngestResult> {
    return this.ingestEvent(buildOverride(override), options);
  }

  /**
   * A stored event as the platform shows it; open it with `decryptEvent`, check it with `verifyEvent`.
   * @throws {ComplianceGuardError} `invalid_argument` where `eventId` is no UUID.
   * @throws {ApiError} With status 404 where the platform has no such event.
   */
  async getEvent(eventId: string, options: CallOptions = {}): Promise<FetchedEvent> {
    if (!isUuid(eventId)) throw new ComplianceGuardError("invalid_argument", "eventId must be a UUID");
    return this.#get(`/v1/events/${eventId}`, (text) => readEvent(text, eventId), options);
  }

  /**
   * All stored events that match, in the platform's order, fetched a page at a time as they are asked for. Each page has
   * `timeoutMs` of its own.
   * @throws {ComplianceGuardError} `invalid_answer` where the platform's cursor does not move on.
   */
  async *listEvents(
    filter: EventFilter = {},
    options: CallOptions = {},
  ): AsyncGenerator<FetchedEvent, void, undefined> {
    let after = filter.after === undefined ? undefined : String(filter.after);
    for (;;) {
      const { events, nextAfter } = await this.#get(pathOfPage(filter, after), readEventPage, options);
      yield* events;
      if (nextAfter === undefined) return;
      if (nextAfter === after) {
        throw new ComplianceGuardError(
          "invalid_answer",
          "The platform's nextAfter leads to the same page again",
        );
      }
      after = nextAfter;
    }
  }

  /**
   * Sends the finished body of an event in a single try, for sinks that keep and retry by themselves.
   * @param options.eventId The id in the body: an answer about another event is refused.
   * @internal
   */
  async postEventBody(
    body: Uint8Array,
    options: CallOptions & { readonly eventId: string },
  ): Promise<IngestResult> {
    return this.#post(options.eventId, body, 0, options);
  }

  /** Lets requests that are under way finish, then drops the connections. Later calls are refused. */
  async close(): Promise<void> {
    this.#closed ??= this.#connection.transport.close();
    await this.#closed;
  }

  /** As {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #get<Answer>(path: string, read: (text: string) => Answer, { signal }: CallOptions): Promise<Answer> {
    const request = { method: "GET", path, maxAnswerBytes: MAX_STORED_BYTES } as const;
    return this.#call({ request, read, retries: this.#maxRetries, signal });
  }

  #post(eventId: string, body: Uint8Array, retries: number, { signal }: CallOptions): Promise<IngestResult> {
    const request = { method: "POST", path: "/v1/events", body, maxAnswerBytes: MAX_RECEIPT_BYTES } as const;
    return this.#call({ request, read: (text) => readIngestResult(text, eventId), retries, signal });
  }

  #call<Answer>(call: Omit<Call<Answer>, "timeoutMs">): Promise<Answer> {
    if (this.#closed) {
      throw new ComplianceGuardError("invalid_argument", "This client is closed: make a new one");
    }
    return retriedExchange({ ...call, timeoutMs: this.#timeoutMs }, this.#connection, this.#timing);
  }
}
