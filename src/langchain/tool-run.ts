import { boundedList } from "../recorder/bounded-list.ts";
import { NeutralConversation, toolInput, toolOutput } from "../recorder/neutral-form.ts";
import type { RunEnd, RunStart } from "../recorder/run.ts";
import { Translated } from "../recorder/translated.ts";
import { isCommand, messagesOf } from "./graph-state.ts";
import { isToolMessage, type MessageShape, readMessage, translateMessage } from "./messages.ts";
import { textOf } from "./shape.ts";
import { type StartContext, startFacts, startMetadata } from "./start-context.ts";

/** The callback's arguments that describe a tool run. */
export interface ToolRun extends StartContext {
  /** The name the framework gives: the tool's, unless the caller named the run. */
  readonly name: string;
  /** The arguments as JSON text, before the schema's defaults. */
  readonly input: unknown;
  readonly toolCallId?: string | undefined;
  /** The application says it has a tool of this name. */
  readonly isKnownName?: boolean | undefined;
}

/** The start of a tool run. */
export function toolRun(run: ToolRun): RunStart {
  return {
    kind: "tool",
    ...startFacts(run),
    input: () => toolInput(run.name, run.input),
    metadata: () => ({ ...startMetadata(run), tool_call_id: run.toolCallId }),
    name: run.name,
    isKnownName: run.isKnownName === true ? true : undefined,
    toolCallId: run.toolCallId,
  };
}

/** How a tool run ended: `error` where the tool's message says that it failed, though nothing was thrown. */
export interface ToolOutcome {
  readonly end: RunEnd;
  readonly error?: { readonly name: string; readonly message: string } | undefined;
}

/**
 * The end of a tool run from what it gave: a plain value, a message, or a command to the graph that holds one.
 *
 * @param start The run as it started: where the message names the tool otherwise, its input is corrected.
 */
export function toolOutcome(given: unknown, start: ToolRun | undefined): ToolOutcome {
  const message = messageIn(given, start?.toolCallId);
  if (!message) return { end: { output: toolOutput(plainResult(given)), metadata: commandMetadata(given) } };
  const name = textOf(message.name);
  const isOtherName = name !== undefined && start !== undefined && name !== start.name;
  const end: RunEnd = {
    output: toolOutput(messageResult(message)),
    name,
    input: isOtherName ? toolInput(name, start.input) : undefined,
    metadata: { ...commandMetadata(given), artifact: message.artifact ?? undefined },
  };
  return { end, error: message.status === "error" ? toolError(message) : undefined };
}

/** The error of a tool's message; its text is only ever sent as a hash. */
export function toolError(message: MessageShape): { name: string; message: string } {
  const result = messageResult(message);
  return { name: "ToolError", message: typeof result === "string" ? result : "" };
}

/** What a tool's message gives the model: its text, or, where it has files too, its parts. */
export function messageResult(message: MessageShape): unknown {
  const { role, pieces } = readMessage(message, "history");
  const [result] = pieces;
  if (pieces.length === 1 && result?.type === "result") return result.result;
  const conversation = new NeutralConversation();
  conversation.add(role, pieces);
  return conversation.messages.flatMap(({ parts }) => parts);
}

function messageIn(given: unknown, toolCallId: string | undefined): MessageShape | undefined {
  const shown = Array.isArray(given) ? boundedList(given) : [given];
  const messages = shown.flatMap((each) => (isCommand(each) ? messagesOf(each) : [each]));
  const found = messages.filter(isToolMessage);
  return found.find((each) => each.tool_call_id === toolCallId) ?? found[0];
}

function plainResult(given: unknown): unknown {
  return typeof given === "object" && given !== null ? new Translated(given, translateMessage) : given;
}

/** Where a command sends the graph. */
function commandMetadata(given: unknown): Record<string, unknown> | undefined {
  return isCommand(given) ? { goto: given.goto } : undefined;
}
