import { ComplianceGuardError } from "../core/errors.ts";
import { MAX_TIMEOUT_MS } from "../core/timer-limit.ts";
import { newEventId } from "../core/uuid.ts";
import { type Clock, systemClock } from "./clock.ts";
import { ContextStore } from "./context.ts";
import { EventWriter } from "./event-writer.ts";
import { type FailurePolicy, failurePolicy } from "./failure-policy.ts";
import { MaxWait } from "./max-wait.ts";
import { checkRecorderOptions } from "./option-checks.ts";
import { PendingWork } from "./pending-work.ts";
import { Pseudonyms } from "./pseudonyms.ts";
import { type RecordVerdict, recordDecision } from "./record-option.ts";
import { RecorderLog } from "./recorder-log.ts";
import type { RecorderOptions, TextOption } from "./recorder-options.ts";
import type { RunDescription } from "./run.ts";
import { type Trouble, troubleReporter } from "./trouble.ts";

/** A recorder's place in its own count. */
export interface SequenceNumber {
  readonly id: string;
  readonly sequence: number;
}

/** A recorder's options, checked and turned into what its parts work with. */
export interface RecorderParts {
  readonly id: string;
  readonly options: RecorderOptions;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly contexts: ContextStore;
  readonly pseudonyms: Pseudonyms;
  readonly pending: PendingWork;
  readonly writer: EventWriter;
  readonly abandonAfterMs: number;
  readonly maxWait: MaxWait;
  readonly verdictOf: (run: RunDescription) => RecordVerdict;
  readonly policyOf: (run: RunDescription) => FailurePolicy;
  readonly report: (trouble: Trouble) => void;
  readonly nextNumber: () => SequenceNumber;
  /** What the recorder has to say of itself. */
  readonly log: RecorderLog;
}

/**
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy; `invalid_payload_key` where the
 * `pseudonymKey` is not 32 bytes.
 */
export function recorderParts(options: RecorderOptions): RecorderParts {
  checkRecorderOptions(options);
  for (const name of ["systemId", "version", "decisionClassification"] as const)
    requireText(name, options[name]);
  const clock = options.clock ?? systemClock;
  const newId = options.newId ?? (() => newEventId());
  const id = newId();
  const report = troubleReporter(options.onError, () => clock.now());
  const log = new RecorderLog(options);
  let sequence = 0;
  return {
    id,
    options,
    clock,
    newId,
    report,
    contexts: new ContextStore(),
    pseudonyms: new Pseudonyms(options.pseudonymKey),
    pending: new PendingWork(options.waitUntil),
    writer: new EventWriter({
      sink: options.sink,
      keys: options.keys,
      maxContentBytes: requirePositive("maxContentBytes", options.maxContentBytes ?? 1_048_576),
      report,
    }),
    abandonAfterMs: requireTimer("abandonAfterMs", options.abandonAfterMs ?? 15 * 60_000),
    maxWait: new MaxWait(requireTimer("maxWaitMs", options.maxWaitMs ?? 10_000), report),
    verdictOf: recordDecision(options.record),
    policyOf: failurePolicy(options.onFailure, options.sink),
    nextNumber: () => ({ id, sequence: ++sequence }),
    log,
  };
}

/**
 * What a text option says of a run.
 * @throws {ComplianceGuardError} `invalid_option` where a function gives no text.
 */
export function textOf(name: string, option: TextOption, run: RunDescription): string {
  const text = typeof option === "function" ? option(run) : option;
  if (typeof text !== "string" || text === "") {
    throw new ComplianceGuardError(
      "invalid_option",
      `${name} must give text for every run, got ${text === "" ? "none" : typeof text}`,
    );
  }
  return text.toWellFormed();
}

const remedies: Record<string, string> = {
  systemId: 'the system as registered on the platform, e.g. "cv-screening-prod"',
  version: 'the version of your system, e.g. "2026.05.01"',
  decisionClassification: '"automated_decision", "not_classified" or your own text',
};

function requireText(name: string, option: unknown): void {
  if (typeof option === "function" || (typeof option === "string" && option.trim() !== "")) return;
  throw new ComplianceGuardError(
    "invalid_option",
    `${name} is required: ${remedies[name]}, or a function of the run`,
  );
}

function requirePositive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new ComplianceGuardError("invalid_option", `${name} must be a positive number, got ${value}`);
}

function requireTimer(name: string, value: number): number {
  if (requirePositive(name, value) <= MAX_TIMEOUT_MS) return value;
  throw new ComplianceGuardError(
    "invalid_option",
    `${name} must be at most ${MAX_TIMEOUT_MS} ms (24 days), got ${value}`,
  );
}
