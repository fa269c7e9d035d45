import { uuidOf } from "../core/uuid.ts";
import { toolInput } from "../recorder/neutral-form.ts";
import type { RecordedFact } from "../recorder/recorded-fact.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { captureReference } from "../recorder/total-capture.ts";
import type { ProposedCall } from "./proposed-calls.ts";
import { shapeOf, textOf } from "./shape.ts";
import { startFacts } from "./start-context.ts";
import type { RequestedReview, StockDecision } from "./stock-review.ts";

/** Where a review with the framework's own middleware happens. */
export interface ReviewPlace {
  /** What tells the review from others, see `StockReview.place`. */
  readonly place: string;
  readonly correlationId: string;
  /** The metadata of the call: `complianceguard.reviewerId` is who the application's own login says it is. */
  readonly metadata: unknown;
}

type CallSource = Pick<Recorder, "callOf">;

/** The fact that a person is asked about a call. */
export function requestFact(
  { call, question, allowedDecisions }: RequestedReview,
  place: ReviewPlace,
  calls: CallSource,
): RecordedFact {
  const proposed = toolInput(call.name, call.args);
  const shown = {
    proposed,
    kind: "tool_call",
    name: call.name,
    question,
    allowed_decisions: allowedDecisions,
  };
  return {
    ...common(call, place, calls, "review_request"),
    actor: { type: "recorder" },
    input: shown,
    humanOversight: { decision: "pending", interventionType: "review_request" },
    review: { ...review(call, place, calls), shown_reference: reference(shown) },
  };
}

/** The fact that a person decided about a call. Who it was is only as good as where the id was found. */
export function decisionFact(decision: StockDecision, place: ReviewPlace, calls: CallSource): RecordedFact {
  const { call, type, edited, reason } = decision;
  const proposed = toolInput(call.name, call.args);
  const host = textOf(
    shapeOf<"reviewerId">(shapeOf<"complianceguard">(place.metadata)?.complianceguard)?.reviewerId,
  );
  const authentication =
    host !== undefined ? "host" : decision.reviewerId !== undefined ? "asserted" : "none";
  const { metadata, ...rest } = common(call, place, calls, "decision");
  return {
    ...rest,
    actor: { type: host !== undefined ? "human" : "reviewer" },
    // What was typed was typed for the model, by somebody whom nobody told that it would be sent: it stays sealed.
    metadata: { ...metadata, reason },
    input: type === "approve" ? { proposed } : proposed,
    output:
      type === "approve"
        ? { final: proposed }
        : edited
          ? toolInput(edited.name, edited.args)
          : { rejected: true },
    humanOversight: {
      decision: type === "edit" ? "override" : type,
      reviewerType: host !== undefined ? "human" : "unattributed",
      ...((host ?? decision.reviewerId) !== undefined && { reviewerId: host ?? decision.reviewerId }),
      interventionType: type === "approve" ? "approval" : "override",
    },
    review: { ...review(call, place, calls), authentication },
  };
}

function common(
  call: ProposedCall,
  { place, correlationId, metadata }: ReviewPlace,
  calls: CallSource,
  what: string,
): Omit<RecordedFact, "actor"> {
  const { dataSubjects, decisionClassification } = startFacts({ metadata });
  return {
    correlationId,
    modelId: calls.callOf(call.id, correlationId)?.modelId,
    dataSubjects,
    decisionClassification,
    metadata: { tool_call_id: call.id },
    derivedFrom: { id: factId(call, place), what },
  };
}

function review(call: ProposedCall, at: ReviewPlace, calls: CallSource): Record<string, unknown> {
  const eventId = calls.callOf(call.id, at.correlationId)?.modelEventId;
  return {
    request_id: uuidOf(factId(call, at.place)),
    ...(eventId !== undefined && { reviewed_event_id: eventId }),
    reviewed_reference: reference(toolInput(call.name, call.args)),
  };
}

/** Ids of calls are the provider's and repeat: only with the task's place do they name one fact. */
function factId(call: ProposedCall, place: string): string {
  return `${place}\u0000${call.id}`;
}

function reference(component: unknown): string {
  return captureReference(component).component.reference;
}
