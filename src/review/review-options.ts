import { ComplianceGuardError } from "../core/errors.ts";
import { MAX_TIMEOUT_MS } from "../core/timer-limit.ts";
import { newEventId } from "../core/uuid.ts";
import { type Clock, systemClock } from "../recorder/clock.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { type DecisionType, decisionTypes } from "./decision.ts";
import type { Reviewer } from "./reviewer.ts";

/**
 * What happens when nobody answers in time, or the review fails: `reject`, which is the safe way; `wait` on, for the same
 * reviewer; or `escalate` to another.
 */
export type Fallback = "reject" | "wait" | "escalate";

/** How reviews are held. */
export interface ReviewOptions {
  readonly recorder: Recorder;
  /** Who decides. */
  readonly reviewer: Reviewer;
  /** @default approve, edit and reject; where the agent itself asks, respond too */
  readonly allowedDecisions?: readonly DecisionType[] | undefined;
  /**
   * Says which proposals need a review. Where it gives `false` nobody is asked, and the approval is recorded as the policy
   * `when`. Where it throws, the reviewer is asked. @default all
   */
  readonly when?: ((proposed: unknown) => boolean | Promise<boolean>) | undefined;
  /** How long an answer is waited for. Milliseconds, at most 2147483647 (24 days). @default as long as it takes */
  readonly expiresAfterMs?: number | undefined;
  /** What happens when nobody answers in time. With `wait` the deadline is shown and then passes. @default "reject" */
  readonly onExpiry?: Fallback | undefined;
  /**
   * What happens when the reviewer throws, gives a decision that is not valid, or must be authenticated and is not. With
   * `wait` it is asked again. @default "reject"
   */
  readonly onFailure?: Fallback | undefined;
  /** Who decides after an escalation. What happens to that review then is `reject`. */
  readonly escalateTo?: Reviewer | undefined;
  /** Refuses decisions of reviewers that do not say how they authenticate persons. @default false */
  readonly requireAuthentication?: boolean | undefined;
  /** The pause before a failed reviewer is asked again. Milliseconds. @default 5000 */
  readonly retryAfterMs?: number | undefined;
  /** @default the system's clocks */
  readonly clock?: Clock | undefined;
  /** Makes request ids. @default UUIDv7 */
  readonly newId?: (() => string) | undefined;
}

/** The options with their defaults, checked. */
export interface ReviewSettings {
  readonly recorder: Recorder;
  readonly reviewer: Reviewer;
  readonly allowedDecisions: readonly DecisionType[];
  readonly when: ((proposed: unknown) => boolean | Promise<boolean>) | undefined;
  readonly expiresAfterMs: number | undefined;
  readonly onExpiry: Fallback;
  readonly onFailure: Fallback;
  readonly escalateTo: Reviewer | undefined;
  readonly requireAuthentication: boolean;
  readonly retryAfterMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy. */
export function reviewSettings(options: ReviewOptions, defaults: readonly DecisionType[]): ReviewSettings {
  requireFunction("reviewer", options.reviewer);
  if (typeof options.recorder?.record !== "function")
    throw invalid("recorder is required: createRecorder() makes one");
  const { onExpiry = "reject", onFailure = "reject" } = options;
  if (options.escalateTo !== undefined) requireFunction("escalateTo", options.escalateTo);
  else if (onExpiry === "escalate" || onFailure === "escalate") {
    throw invalid(
      'escalateTo is required where onExpiry or onFailure is "escalate": it names the next reviewer',
    );
  }
  return {
    recorder: options.recorder,
    reviewer: options.reviewer,
    allowedDecisions: allowed(options.allowedDecisions ?? defaults),
    when: options.when,
    expiresAfterMs: optionalDelay("expiresAfterMs", options.expiresAfterMs),
    onExpiry: fallback("onExpiry", onExpiry),
    onFailure: fallback("onFailure", onFailure),
    escalateTo: options.escalateTo,
    requireAuthentication: options.requireAuthentication ?? false,
    retryAfterMs: optionalDelay("retryAfterMs", options.retryAfterMs) ?? 5_000,
    clock: options.clock ?? systemClock,
    newId: options.newId ?? (() => newEventId()),
  };
}

function requireFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw invalid(`${name} must be a reviewer, e.g. terminalReviewer()`);
}

function allowed(types: readonly DecisionType[]): readonly DecisionType[] {
  const unknown = types.find((type) => !decisionTypes.includes(type));
  if (unknown !== undefined)
    throw invalid(`allowedDecisions has "${unknown}": use ${decisionTypes.join(", ")}`);
  if (types.length === 0) throw invalid(`allowedDecisions is empty: use some of ${decisionTypes.join(", ")}`);
  return decisionTypes.filter((type) => types.includes(type));
}

function fallback(name: string, value: Fallback): Fallback {
  if (value === "reject" || value === "wait" || value === "escalate") return value;
  throw invalid(`${name} must be "reject", "wait" or "escalate"`);
}

/** A timer beyond what Node takes would be an expiry at once. */
function optionalDelay(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (value > 0 && value <= MAX_TIMEOUT_MS)) return value;
  throw invalid(
    `${name} must be between 0 and ${MAX_TIMEOUT_MS} ms (24 days), got ${value}: leave it out to wait as long as it takes`,
  );
}

function invalid(message: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_option", message);
}
