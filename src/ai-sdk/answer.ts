import { boundedList } from "../recorder/bounded-list.ts";
import { NeutralConversation, type Piece, proposedCalls } from "../recorder/neutral-form.ts";
import { present } from "../recorder/present.ts";
import type { RunEnd } from "../recorder/run.ts";
import type { ProposedCall } from "../recorder/tool-call-memory.ts";
import { Asides } from "./asides.ts";
import { filePiece } from "./files.ts";
import { finishOf } from "./finish.ts";
import { member, textMember } from "./unknown-shape.ts";
import { usageOf } from "./usage.ts";

/**
 * What a model answered, as a plain result shows it; a stream is put together to the same. A call that was cut in the
 * middle is a part `tool-input`, with what there was of its input.
 */
export interface Answer {
  readonly content?: unknown;
  readonly finishReason?: unknown;
  readonly usage?: unknown;
  readonly warnings?: unknown;
  /** `id` and `modelId` are read, never headers or body. */
  readonly response?: unknown;
  readonly structuredOutputText?: unknown;
}

/**
 * How a model run ends with an answer. Never throws.
 * @param extent Of a `cut` answer, one that failed or lacks its end, a finish proves nothing: some versions add it themselves.
 */
export function runEndOf(answer: Answer, extent: "whole" | "cut" = "whole"): RunEnd {
  const conversation = new NeutralConversation();
  const asides = new Asides();
  const parts = boundedList(answer.content);
  conversation.add(
    "assistant",
    parts.flatMap((part) => pieces(part, asides)),
  );
  const { messages, droppedCalls } = conversation;
  const cutCalls = idsOfCutCalls(parts);
  const calls = proposedCalls(messages).filter(({ id }) => !cutCalls.has(id));
  const finish = finishOf(answer.finishReason);
  const hasEnd = finish?.reason !== undefined && extent === "whole";
  const usage = usageOf(answer.usage);
  return {
    // Before anything was delivered there is no answer; an empty one has its end.
    output: messages[0]?.parts.length === 0 && !hasEnd ? undefined : conversation.component(),
    proposedCalls: calls,
    modelId: textMember(answer.response, "modelId"),
    // Some providers say only `stop` where they stopped for a tool.
    finishReason: finish?.reason === "stop" && calls.length > 0 ? "tool_calls" : finish?.reason,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    metadata: present({
      response_id: textMember(answer.response, "id"),
      response_model: textMember(answer.response, "modelId"),
      finish_reason: finish?.words.raw ?? finish?.words.unified,
      unified_finish_reason: finish?.words.unified,
      tool_call_ids: calls.length > 0 ? calls.map(({ id }) => id) : undefined,
      dropped_calls: droppedCalls > 0 ? droppedCalls : undefined,
      usage: usage.details,
      warnings: boundedList(answer.warnings).length,
      structured_output_text: answer.structuredOutputText,
      ...asides.members(),
    }),
  };
}

/** The call that a part asks the application to execute; undefined where it is none, or the provider's own. */
export function proposedCallOf(part: unknown): ProposedCall | undefined {
  if (member(part, "type") !== "tool-call" || member(part, "providerExecuted") === true) return undefined;
  const conversation = new NeutralConversation();
  conversation.add("assistant", [callPiece(part)]);
  return proposedCalls(conversation.messages)[0];
}

function pieces(part: unknown, asides: Asides): readonly Piece[] {
  switch (textMember(part, "type")) {
    case "text":
      asides.addCitations(part);
      return [{ type: "text", text: textMember(part, "text") ?? "" }];
    case "file":
      return [filePiece(part)].filter((piece) => piece !== undefined);
    case "tool-call":
    case "tool-input":
      if (member(part, "providerExecuted") !== true) return [callPiece(part)];
      break;
  }
  asides.add(part);
  return [];
}

function callPiece(part: unknown): Piece {
  const call = { id: textMember(part, "toolCallId") ?? "", name: textMember(part, "toolName") ?? "" };
  // A whole call's input is JSON, a custom tool's text too; in pieces the text comes as it is.
  if (member(part, "inputEncoding") === "text") {
    return { type: "text_call", ...call, input: textMember(part, "input") ?? "" };
  }
  return { type: "call", ...call, arguments: member(part, "input") };
}

function idsOfCutCalls(parts: readonly unknown[]): ReadonlySet<unknown> {
  const ids = new Set<unknown>();
  for (const part of parts) if (member(part, "type") === "tool-input") ids.add(member(part, "toolCallId"));
  return ids;
}
