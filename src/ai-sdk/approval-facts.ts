import { uuidOf } from "../core/uuid.ts";
import { parsedToolInput } from "../recorder/neutral-form.ts";
import { present } from "../recorder/present.ts";
import type { RecordedFact } from "../recorder/recorded-fact.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { captureReference } from "../recorder/total-capture.ts";
import type { ApprovalRequest, ApprovalResponse, ApprovedCall } from "./approval-history.ts";

/** Where an approval is seen. */
export interface ApprovalPlace {
  readonly recorder: Pick<Recorder, "callOf">;
  /** Of the run around it, where there is one. */
  readonly correlationId: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** How an answer stands to what was asked. */
export interface Standing {
  /** Who the application's own login says has decided. */
  readonly reviewerId: string | undefined;
  /** The reference of what was asked, where it is known here and is not what the answer comes with. */
  readonly askedReference: string | undefined;
}

/** The component under review: exactly the tool run's input. */
export function proposedBy({ name, input }: ApprovedCall): {
  readonly name: string;
  readonly arguments: unknown;
} {
  return parsedToolInput(name, input);
}

/** Its reference. */
export function proposedReference(call: ApprovedCall): string {
  return captureReference(proposedBy(call)).component.reference;
}

/** The fact that a person is asked. */
export function requestFact(request: ApprovalRequest, place: ApprovalPlace): RecordedFact {
  const { call, question, approvalId } = request;
  const shown = present({
    proposed: proposedBy(call),
    kind: "tool_call",
    name: call.name,
    question,
    allowed_decisions: ["approve", "reject"],
  });
  return {
    ...common(request, approvalId, place, "review_request"),
    actor: { type: "recorder" },
    input: shown,
    humanOversight: { decision: "pending", interventionType: "review_request" },
    review: {
      ...review(request, approvalId, place),
      shown_reference: captureReference(shown).component.reference,
    },
  };
}

/**
 * The fact of an answer to a request: a rule's where the request is automatic; else a person's where the application's login says so, and
 * unattributed where nobody does. An approval of something other than what was asked is an override.
 */
export function decisionFact(
  response: ApprovalResponse,
  place: ApprovalPlace,
  { reviewerId, askedReference }: Standing,
): RecordedFact {
  const { request, approvalId, isApproved, reason, claimedReviewer } = response;
  const isPolicy = request?.isAutomatic === true;
  const isHuman = reviewerId !== undefined && !isPolicy;
  const isEdited = askedReference !== undefined;
  const decision = !isApproved ? "reject" : isEdited ? "override" : "approve";
  const { metadata, ...rest } = common(request, approvalId, place, decision);
  const claimed = isPolicy || isHuman ? undefined : claimedReviewer;
  return {
    ...rest,
    actor: { type: isPolicy ? "policy" : isHuman ? "human" : "reviewer" },
    // What was typed was typed for the model, by somebody whom nobody told that it would be sent: it stays sealed.
    metadata: present({
      ...metadata,
      reason,
      claimed_reviewer_id: claimed,
      signed: request?.isSigned,
      edited_history: isEdited ? true : undefined,
    }),
    ...components(request, decision, isPolicy),
    humanOversight: present({
      decision,
      reviewerType: isPolicy ? "policy" : isHuman ? "human" : "unattributed",
      reviewerId: isHuman ? reviewerId : undefined,
      interventionType: decision === "approve" ? "approval" : "override",
    }),
    review: {
      ...review(request, approvalId, place),
      ...(isEdited && { reviewed_reference: askedReference }),
      authentication: isHuman ? "host" : claimed === undefined ? "none" : "asserted",
    },
  };
}

/** The fact that an answer changed nothing: the framework found it forged, unsigned or about no known call. */
export function notAppliedFact(response: ApprovalResponse, place: ApprovalPlace): RecordedFact {
  const { request, approvalId } = response;
  return {
    ...common(request, approvalId, place, "not_applied"),
    actor: { type: "recorder" },
    input: request ? { proposed: proposedBy(request.call) } : {},
    output: { rejected: true, not_applied: true },
    humanOversight: { decision: "not_applied", reviewerType: "none" },
    review: { ...review(request, approvalId, place), authentication: "none" },
  };
}

function components(
  request: ApprovalRequest | undefined,
  decision: "approve" | "override" | "reject",
  isPolicy: boolean,
): Pick<RecordedFact, "input" | "output"> {
  const proposed = request && proposedBy(request.call);
  if (decision === "reject") {
    return { input: isPolicy ? present({ proposed }) : proposed, output: { rejected: true } };
  }
  // Of what was asked only the reference is known: the history holds what it was changed to.
  if (decision === "override") return { input: {}, output: proposed };
  return { input: present({ proposed }), output: present({ final: proposed }) };
}

function common(
  request: ApprovalRequest | undefined,
  approvalId: string,
  { recorder, correlationId, metadata }: ApprovalPlace,
  what: string,
): Omit<RecordedFact, "actor"> {
  const toolCallId = request?.call.toolCallId;
  const known = toolCallId === undefined ? undefined : recorder.callOf(toolCallId);
  return {
    correlationId: correlationId ?? known?.correlationId,
    modelId: known?.modelId,
    metadata: present({ ...metadata, approval_id: approvalId, tool_call_id: toolCallId }),
    derivedFrom: { id: approvalId, what },
  };
}

function review(
  request: ApprovalRequest | undefined,
  approvalId: string,
  { recorder }: ApprovalPlace,
): Record<string, unknown> {
  const call = request?.call;
  return present({
    request_id: uuidOf(approvalId),
    reviewed_event_id: call && recorder.callOf(call.toolCallId)?.modelEventId,
    reviewed_reference: call && proposedReference(call),
  });
}
