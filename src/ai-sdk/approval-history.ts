import { boundedList } from "../recorder/bounded-list.ts";
import { member, textMember } from "./unknown-shape.ts";

/** A request for approval of a tool call, as the framework shows it. */
export interface ApprovalRequest {
  readonly approvalId: string;
  /** A rule of the application's answers it, and nobody is asked. */
  readonly isAutomatic: boolean;
  /** Why it asks, for the person to read. */
  readonly question: string | undefined;
  /** It carries a signature. Whether that is right only the framework can tell. */
  readonly isSigned: boolean;
  readonly call: ApprovedCall;
}

/** The tool call an approval is about. */
export interface ApprovedCall {
  readonly toolCallId: string;
  readonly name: string;
  readonly input: unknown;
}

/** An answer to a request. */
export interface ApprovalResponse {
  readonly approvalId: string;
  readonly isApproved: boolean;
  /** Typed for the model or the record: content. */
  readonly reason: string | undefined;
  /** Who a message claims has decided: content, and nobody's word but the message's. */
  readonly claimedReviewer: string | undefined;
  /** What it answers; undefined where the history holds no such request, or not its call. */
  readonly request: ApprovalRequest | undefined;
}

/** What a history says of approvals, in its order. */
export interface ApprovalHistory {
  readonly requests: readonly ApprovalRequest[];
  readonly responses: readonly ApprovalResponse[];
  /** Those in the last message, which take effect now. */
  readonly latest: readonly ApprovalResponse[];
}

/**
 * Reads the approvals in a list of model messages or of UI messages. Of several answers to one request in one message the first
 * counts, as for the framework. Never throws.
 */
export function approvalsOf(messages: unknown): ApprovalHistory {
  const parts = boundedList(messages).map(partsOf);
  const calls = new Map<unknown, ApprovedCall>();
  const requests = new Map<unknown, ApprovalRequest>();
  for (const part of parts.flat()) {
    const toolCallId = textMember(part, "toolCallId");
    if (member(part, "type") === "tool-call" && toolCallId !== undefined) {
      calls.set(toolCallId, {
        toolCallId,
        name: textMember(part, "toolName") ?? "",
        input: member(part, "input"),
      });
    }
  }
  for (const part of parts.flat().filter((each) => member(each, "type") === "tool-approval-request")) {
    const request = requestOf(part, calls.get(textMember(part, "toolCallId")));
    if (request) requests.set(request.approvalId, request);
  }
  const answers = parts.map((ofMessage) =>
    firstOnes(ofMessage.flatMap((part) => responseOf(part, requests))),
  );
  const latest = answers.pop() ?? [];
  // Further up, a request may have been pruned from the history; for the last message the framework looks for it.
  const earlier = answers.flat().filter(({ request }) => request !== undefined);
  return { requests: [...requests.values()], responses: [...earlier, ...latest], latest };
}

/** The approvals in the content of a step, where each names its call itself. */
export function approvalsOfStep(content: unknown): ApprovalHistory {
  const parts = boundedList(content);
  const requests = parts
    .filter((part) => member(part, "type") === "tool-approval-request")
    .flatMap((part) => requestOf(part, callOf(member(part, "toolCall"))) ?? []);
  const byId = new Map<unknown, ApprovalRequest>(requests.map((request) => [request.approvalId, request]));
  const responses = firstOnes(parts.flatMap((part) => responseOf(part, byId)));
  return { requests, responses, latest: responses };
}

/** True where somebody is asked who has not answered yet. */
export function isAnybodyAsked({ requests, responses }: ApprovalHistory): boolean {
  const answered = new Set(responses.map(({ approvalId }) => approvalId));
  return requests.some(({ approvalId, isAutomatic }) => !isAutomatic && !answered.has(approvalId));
}

function callOf(toolCall: unknown): ApprovedCall | undefined {
  const toolCallId = textMember(toolCall, "toolCallId");
  return toolCallId === undefined
    ? undefined
    : { toolCallId, name: textMember(toolCall, "toolName") ?? "", input: member(toolCall, "input") };
}

function requestOf(part: unknown, call: ApprovedCall | undefined): ApprovalRequest | undefined {
  const approvalId = textMember(part, "approvalId");
  if (approvalId === undefined || !call) return undefined;
  return {
    approvalId,
    isAutomatic: member(part, "isAutomatic") === true,
    question: textMember(part, "reason"),
    isSigned: textMember(part, "signature") !== undefined,
    call,
  };
}

function responseOf(part: unknown, requests: ReadonlyMap<unknown, ApprovalRequest>): ApprovalResponse[] {
  const approvalId = textMember(part, "approvalId");
  if (member(part, "type") !== "tool-approval-response" || approvalId === undefined) return [];
  return [
    {
      approvalId,
      isApproved: member(part, "approved") === true,
      reason: textMember(part, "reason"),
      claimedReviewer: textMember(part, "reviewerId"),
      request: requests.get(approvalId),
    },
  ];
}

function firstOnes(responses: readonly ApprovalResponse[]): ApprovalResponse[] {
  const seen = new Set<string>();
  return responses.filter(({ approvalId, request }) => {
    const about = request?.call.toolCallId ?? approvalId;
    return !seen.has(about) && seen.add(about);
  });
}

/** The parts of a message. A tool's part in a UI message is several in one: the call, the request and the answer. */
function partsOf(message: unknown): readonly unknown[] {
  const parts = member(message, "parts");
  return Array.isArray(parts)
    ? boundedList(parts).flatMap(modelParts)
    : boundedList(member(message, "content"));
}

function modelParts(part: unknown): readonly unknown[] {
  const type = textMember(part, "type") ?? "";
  const approval = member(part, "approval");
  if (approval === undefined || approval === null || !/^(?:tool-|dynamic-tool$)/.test(type)) return [];
  const toolCallId = textMember(part, "toolCallId");
  const toolName = type === "dynamic-tool" ? textMember(part, "toolName") : type.slice("tool-".length);
  const approvalId = textMember(approval, "id");
  const approved = member(approval, "approved");
  return [
    { type: "tool-call", toolCallId, toolName, input: member(part, "input") ?? member(part, "rawInput") },
    {
      type: "tool-approval-request",
      approvalId,
      toolCallId,
      isAutomatic: member(approval, "isAutomatic"),
      reason: member(approval, "requestReason"),
      signature: member(approval, "signature"),
    },
    ...(typeof approved === "boolean"
      ? [
          {
            type: "tool-approval-response",
            approvalId,
            approved,
            reason: member(approval, "reason"),
            reviewerId: member(approval, "reviewerId"),
          },
        ]
      : []),
  ];
}
