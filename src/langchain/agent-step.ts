import { boundedList } from "../recorder/bounded-list.ts";
import { messagesOf } from "./graph-state.ts";
import { isAnswer, isToolMessage, type MessageShape, messageType } from "./messages.ts";
import { callsOf, type ProposedCall } from "./proposed-calls.ts";
import { idOf, shapeOf } from "./shape.ts";

/**
 * A step of one of LangChain's agents after which proposed calls may be left that nothing runs any more and nothing answers: LangChain
 * calls back for none of them, and shows only what the step was given and what it gives.
 */
export interface AgentStep {
  /** The calls that wait to be run when the step starts. */
  readonly waiting: readonly ProposedCall[];
  /** The calls that are passed over from here on. */
  passedOver(outputs: unknown): readonly ProposedCall[];
}

/** The step of an agent that a node of a graph is; undefined for any other node. */
export function agentStep(inputs: unknown, nodeName: unknown): AgentStep | undefined {
  if (nodeName === "model_request") return { waiting: [], passedOver: besideStructuredResponse };
  if (typeof nodeName !== "string" || !nodeName.endsWith(".after_model")) return undefined;
  const messages = messagesOf(inputs);
  const place = messages.findLastIndex(isAnswer);
  const answered = answeredIn(messages.slice(place + 1));
  const waiting = callsOf(messages[place]).filter(({ id }) => !answered.has(id));
  if (waiting.length === 0) return undefined;
  const answerId = shapeOf<"id">(messages[place])?.id;
  return { waiting, passedOver: (outputs) => leftBy(outputs, waiting, answerId) };
}

/** A middleware that hooks into an agent; it answers for tools, but runs none. */
export function isMiddlewareNode(nodeName: string): boolean {
  return /\.(before|after)_(model|agent)$/.test(nodeName);
}

/** A structured response ends the agent: what the model called beside it is not run. */
function besideStructuredResponse(outputs: unknown): readonly ProposedCall[] {
  if (shapeOf<"structuredResponse">(outputs)?.structuredResponse === undefined) return [];
  const messages = messagesOf(outputs);
  const calls = callsOf(messages.findLast((each) => isAnswer(each) && callCount(each) > 0));
  const answered = answeredIn(messages);
  const left = calls.filter(({ id }) => !answered.has(id));
  return left.length < calls.length ? left : [];
}

/**
 * A middleware may send the agent elsewhere, as the stock limit of tool calls does, take calls off the answer, take the
 * answer back, or answer in the model's place.
 */
function leftBy(
  outputs: unknown,
  calls: readonly ProposedCall[],
  answerId: unknown,
): readonly ProposedCall[] {
  const messages = messagesOf(outputs);
  const goesOn = callsGoingOn(outputs, messages, answerId) ?? calls;
  const spared = new Set([...goesOn.map(({ id }) => id), ...answeredIn(messages)]);
  return calls.filter(({ id }) => !spared.has(id));
}

/** The calls that the agent goes on with, or undefined where the step says nothing of them. */
function callsGoingOn(
  outputs: unknown,
  messages: readonly unknown[],
  answerId: unknown,
): readonly ProposedCall[] | undefined {
  const jump = shapeOf<"jumpTo">(outputs)?.jumpTo;
  if (jump === "end" || jump === "model") return [];
  const latest = messages.findLast(isAnswer);
  if (latest) return callsOf(latest);
  return messages.some((each) => isRemoval(each, answerId)) ? [] : undefined;
}

function isRemoval(value: unknown, id: unknown): boolean {
  const message = shapeOf<keyof MessageShape>(value);
  if (!message || messageType(message) !== "remove") return false;
  return message.id === id || message.id === "__remove_all__";
}

function callCount(answer: unknown): number {
  return boundedList(shapeOf<"tool_calls">(answer)?.tool_calls).length;
}

function answeredIn(messages: readonly unknown[]): ReadonlySet<string> {
  return new Set(messages.filter(isToolMessage).map(({ tool_call_id: id }) => idOf(id)));
}
