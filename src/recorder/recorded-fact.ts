import type { Actor, EventFields } from "../core/event.ts";
import { shortestTimestamp } from "../core/timestamp.ts";
import { derivedEventId } from "../core/uuid.ts";
import { type RecorderParts, type SequenceNumber, textOf } from "./recorder-parts.ts";
import { clearJson } from "./total-capture.ts";

/** A fact that is no run: a review asked for, a decision, an override. */
export interface RecordedFact {
  readonly actor: Actor;
  readonly input?: unknown;
  readonly output?: unknown;
  /** Goes into the sealed metadata component. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** @default what encloses the call (`withContext`), else the event's own id */
  readonly correlationId?: string | undefined;
  /** `reviewerId` in it becomes a pseudonym where the recorder has a key for them. */
  readonly humanOversight?: Readonly<Record<string, unknown>> | undefined;
  /** Sent as `systemState.review`. */
  readonly review?: Readonly<Record<string, unknown>> | undefined;
  readonly systemState?: Readonly<Record<string, unknown>> | undefined;
  readonly modelId?: string | undefined;
  /** @default the recorder's */
  readonly version?: string | undefined;
  /** @default the recorder's */
  readonly decisionClassification?: string | undefined;
  readonly dataSubjects?: readonly string[] | undefined;
  readonly referenceData?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** RFC 3339. @default now */
  readonly occurredAtUtc?: string | undefined;
  /** @default a new UUIDv7, or the derived one */
  readonly eventId?: string | undefined;
  /** Derives the event id from the framework's own id of the fact and what happened: whoever sees it, it is one event. */
  readonly derivedFrom?: { readonly id: string; readonly what: string } | undefined;
}

/** A person's override of a decision, in the words of the client's `logOverride`. */
export interface OverrideFact extends Omit<RecordedFact, "actor" | "input" | "output" | "correlationId"> {
  /** The correlation id of the decision that is overridden. */
  readonly requestId: string;
  /** Who decided. */
  readonly userId: string;
  /** Sent in clear as `humanOversight.notes`. */
  readonly reason: string;
  readonly originalOutput?: unknown;
  readonly finalOutput?: unknown;
  /** The event of the decision that is overridden, sent as `systemState.review.reviewed_event_id`. */
  readonly reviewedEventId?: string | undefined;
  readonly actor?: Actor | undefined;
}

/**
 * What an override's event is: the outputs before and after as its input and output, and who, that and why as `humanOversight`,
 * as the client's `logOverride` has them; and beside them how it is known who decided.
 */
export function overrideToFact(override: OverrideFact): RecordedFact {
  const { requestId, userId, reason, originalOutput, finalOutput, reviewedEventId, ...rest } = override;
  const given = Object.entries(override.humanOversight ?? {}).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return {
    ...rest,
    decisionClassification: override.decisionClassification ?? "automated_decision",
    actor: override.actor ?? { type: "human" },
    correlationId: requestId,
    input: originalOutput,
    output: finalOutput,
    humanOversight: {
      decision: "override",
      reviewerType: "human",
      reviewerId: userId,
      interventionType: "override",
      notes: reason,
      ...Object.fromEntries(given),
    },
    review: {
      authentication: "asserted",
      ...(reviewedEventId && { reviewed_event_id: reviewedEventId }),
      ...override.review,
    },
  };
}

/**
 * The event id that a fact's own id gives it; undefined where it has none, or the caller chose one.
 * @throws {ComplianceGuardError} `invalid_option` where a `systemId` function gives no text.
 */
export function derivedIdOf(fact: RecordedFact, { options }: RecorderParts): string | undefined {
  if (fact.eventId !== undefined || !fact.derivedFrom) return undefined;
  const run = { kind: "step", correlationId: fact.correlationId ?? "" } as const;
  return derivedEventId(
    textOf("systemId", options.systemId, run),
    fact.derivedFrom.id,
    fact.derivedFrom.what,
  );
}

/** The clear fields of a fact's event. */
export function factFields(given: RecordedFact, parts: RecorderParts, number: SequenceNumber): EventFields {
  // Captured like content, so that the body and its sealed copy say the same whatever the caller's objects hold.
  const { input, output, metadata, ...clear } = given;
  const fact = clearJson(clear);
  const { options, pseudonyms, contexts } = parts;
  const run = { kind: "step", correlationId: fact.correlationId ?? "" } as const;
  const systemId = textOf("systemId", options.systemId, run);
  const eventId = fact.eventId ?? derivedIdOf(fact, parts) ?? parts.newId();
  const subjects = fact.dataSubjects ?? contexts.current?.dataSubjects;
  return {
    eventId,
    systemId,
    occurredAtUtc: fact.occurredAtUtc ?? shortestTimestamp(parts.clock.now()),
    modelId: fact.modelId ?? options.modelId ?? "unknown",
    version: fact.version ?? textOf("version", options.version, run),
    decisionClassification:
      fact.decisionClassification ?? textOf("decisionClassification", options.decisionClassification, run),
    correlationId: fact.correlationId ?? contexts.current?.correlationId ?? eventId,
    idempotencyKey: eventId,
    actor: fact.actor,
    humanOversight:
      fact.humanOversight && withPseudonym(fact.humanOversight, (id) => pseudonyms.reviewer(id)),
    systemState: {
      ...fact.systemState,
      ...(fact.review && { review: fact.review }),
      recorder: number,
    },
    dataSubjects: subjects?.map((subject) => pseudonyms.dataSubject(subject)),
    referenceData: fact.referenceData,
  };
}

function withPseudonym(
  oversight: Readonly<Record<string, unknown>>,
  pseudonymOf: (reviewerId: string) => string,
): Readonly<Record<string, unknown>> {
  const { reviewerId } = oversight as { readonly reviewerId?: unknown };
  return typeof reviewerId === "string" ? { ...oversight, reviewerId: pseudonymOf(reviewerId) } : oversight;
}
