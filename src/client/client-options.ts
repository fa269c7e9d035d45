import type { Dispatcher } from "undici";
import { ComplianceGuardError } from "../core/errors.ts";
import { MAX_TIMEOUT_MS } from "../core/timer-limit.ts";
import { type ApiKey, apiKeyTrouble } from "./api-key.ts";
import type { FetchFunction } from "./fetch-transport.ts";
import type { TimingOptions } from "./timing.ts";

/** How a client reaches its platform. */
export interface ClientOptions extends TimingOptions {
  /**
   * The platform's address, e.g. `https://api.example.com`. `https`, or `http` to this machine only (`localhost`,
   * 127.0.0.0/8, `[::1]`).
   */
  readonly baseUrl: string;
  /** The API key with the scope `events:write` (and `events:read` to read), or a function that fetches it, called for each request. */
  readonly apiKey: ApiKey;
  /**
   * The deadline of a call as a whole: fetching the key, connecting, answer and retries. Milliseconds.
   * @default 10000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How often a call is tried again after trouble that may pass, as long as `timeoutMs` allows: reads, and events with an
   * `idempotencyKey`. Events without one are tried once: an answer that got lost may have been a success, and the event
   * could be recorded twice.
   * @default 2
   */
  readonly maxRetries?: number | undefined;
  /** Sends by this function instead of undici, e.g. the runtime's own `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /** Sends through this undici dispatcher, e.g. a `ProxyAgent`, or an `Agent` with a private CA. It stays yours to close. */
  readonly dispatcher?: Dispatcher | undefined;
}

/**
 * Refuses options that would fail later, or in silence. The base URL has its own check.
 * @throws {ComplianceGuardError} `invalid_option`, naming field and remedy, never quoting the key.
 */
export function checkClientOptions(options: ClientOptions): void {
  const { apiKey, timeoutMs, maxRetries, fetch, dispatcher } = options;
  const keyTrouble = typeof apiKey === "function" ? undefined : apiKeyTrouble(apiKey);
  if (keyTrouble) throw refused(`apiKey ${keyTrouble}`);
  if (timeoutMs !== undefined && !isWhole(timeoutMs, 1, MAX_TIMEOUT_MS)) {
    throw refused(
      `timeoutMs must be whole milliseconds from 1 to ${MAX_TIMEOUT_MS}, got ${String(timeoutMs)}`,
    );
  }
  if (maxRetries !== undefined && !isWhole(maxRetries, 0, Number.MAX_SAFE_INTEGER)) {
    throw refused(`maxRetries must be a whole number from 0, got ${String(maxRetries)}`);
  }
  if (fetch !== undefined && typeof fetch !== "function") throw refused("fetch must be a function");
  if (dispatcher !== undefined && typeof dispatcher?.request !== "function") {
    throw refused("dispatcher must be a dispatcher of undici, e.g. new Agent()");
  }
  if (fetch && dispatcher) throw refused("fetch and dispatcher exclude each other: give one of them");
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

function refused(trouble: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_option", trouble);
}
