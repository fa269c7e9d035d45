import { boundedList } from "../recorder/bounded-list.ts";
import { NeutralConversation, type NeutralRole, type Piece } from "../recorder/neutral-form.ts";
import { readContent, type SetAside, textOfContent } from "./content.ts";
import { idOf, type Shape, shapeOf, textOf } from "./shape.ts";
import { type CallView, toolCallPieces } from "./tool-calls.ts";

/** The members of a message object that are read, whichever class of whichever copy of the framework it is. */
export type MessageShape = Shape<
  | "getType"
  | "_getType"
  | "type"
  | "role"
  | "id"
  | "name"
  | "content"
  | "tool_call_id"
  | "tool_calls"
  | "invalid_tool_calls"
  | "tool_call_chunks"
  | "additional_kwargs"
  | "response_metadata"
  | "usage_metadata"
  | "status"
  | "artifact"
>;

/** A message taken apart: who it is from, the pieces of its neutral form, and what that form leaves out. */
export interface ReadMessage {
  readonly role: NeutralRole;
  readonly pieces: readonly Piece[];
  readonly setAside: SetAside;
}

/** The input of a model call. */
export interface ReadConversation {
  readonly conversation: NeutralConversation;
  /** Ids of the calls whose results it carries. */
  readonly answeredToolCallIds: readonly string[];
  /** Content of a kind unknown here, for the metadata. */
  readonly otherBlocks: readonly unknown[];
}

/** Reads the messages a model is called with. */
export function readConversation(messages: readonly unknown[]): ReadConversation {
  const conversation = new NeutralConversation();
  const answeredToolCallIds: string[] = [];
  const otherBlocks: unknown[] = [];
  for (const each of messages) {
    const { role, pieces, setAside } = readMessage(each, "history");
    conversation.add(role, pieces);
    for (const piece of pieces) if (piece.type === "result") answeredToolCallIds.push(piece.id);
    otherBlocks.push(...setAside.otherBlocks);
  }
  return { conversation, answeredToolCallIds, otherBlocks };
}

/** Reads one message, of any class or as a plain object. What is no message at all counts as the user's text. */
export function readMessage(value: unknown, view: CallView): ReadMessage {
  const message = shapeOf<keyof MessageShape>(value);
  const content = readContent(message ? message.content : value);
  const kind = message && messageType(message);
  const role = neutralRole(kind);
  if (!message || role === "user" || role === "system") return { role, ...content };
  if (role === "tool")
    return { role, pieces: toolPieces(message, content.pieces), setAside: content.setAside };
  const calls = toolCallPieces(message, content.calls, view);
  return { role, pieces: [...content.pieces, ...calls], setAside: withKwargs(content.setAside, message) };
}

/** The framework's word for what a message is (`human`, `ai`, `tool` …), a role in its place, or undefined. */
export function messageType(message: MessageShape): string | undefined {
  for (const member of ["getType", "_getType"] as const) {
    const read = message[member];
    if (typeof read === "function") return afterGeneric(read.call(message), message);
  }
  return afterGeneric(message.type, message) ?? textOf(message.role);
}

/** True for a message of a tool, the framework's own or an older one. */
export function isToolMessage(value: unknown): value is MessageShape {
  const message = shapeOf<keyof MessageShape>(value);
  return message !== undefined && "content" in message && messageType(message) === "tool";
}

/** True for a message of a model. */
export function isAnswer(value: unknown): value is MessageShape {
  const message = shapeOf<keyof MessageShape>(value);
  return message !== undefined && messageType(message) === "ai";
}

/**
 * Translates message objects found inside other values, for `valueComponent`: the neutral messages of one, or undefined where
 * `candidate` is none. Plain objects count where they have nothing but members of a message.
 */
export function translateMessage(candidate: object): readonly object[] | undefined {
  const prompt = shapeOf<"toChatMessages" | "messages">(candidate);
  if (typeof prompt?.toChatMessages === "function" && Array.isArray(prompt.messages)) {
    return readConversation(prompt.messages).conversation.messages;
  }
  if (!isMessage(candidate)) return undefined;
  return readConversation([candidate]).conversation.messages;
}

const roles: Readonly<Record<string, NeutralRole>> = {
  human: "user",
  user: "user",
  ai: "assistant",
  assistant: "assistant",
  model: "assistant",
  AIMessageChunk: "assistant",
  system: "system",
  developer: "system",
  tool: "tool",
  function: "tool",
};

function neutralRole(type: string | undefined): NeutralRole {
  return (type !== undefined && Object.hasOwn(roles, type) && roles[type]) || "user";
}

/** A generic chat message says in `role` what it is. */
function afterGeneric(type: unknown, message: MessageShape): string | undefined {
  return type === "generic" || type === "chat" ? textOf(message.role) : textOf(type);
}

const messageMembers: ReadonlySet<string> = new Set([
  "type",
  "role",
  "id",
  "name",
  "content",
  "tool_call_id",
  "tool_calls",
  "invalid_tool_calls",
  "additional_kwargs",
  "response_metadata",
  "usage_metadata",
  "status",
  "artifact",
]);

function isMessage(candidate: object): boolean {
  const message = candidate as MessageShape;
  if (!("content" in message)) return false;
  if (typeof message.getType === "function" || typeof message._getType === "function") return true;
  const type = messageType(message);
  if (type === undefined || !Object.hasOwn(roles, type)) return false;
  return Object.keys(message).every((member) => messageMembers.has(member));
}

/** A tool's message is one result: its text, with any files beside it. */
function toolPieces(message: MessageShape, pieces: readonly Piece[]): Piece[] {
  const files = pieces.filter(({ type }) => type === "file" || type === "link");
  const result = textOfContent(message.content) ?? "";
  // A function's message has no id: the name ties it to its call.
  return [{ type: "result", id: idOf(message.tool_call_id) || idOf(message.name), result }, ...files];
}

/** Providers that have no blocks for it put reasoning, refusals and executed calls beside the content. */
function withKwargs(setAside: SetAside, message: MessageShape): SetAside {
  const kwargs = shapeOf<"reasoning_content" | "reasoning" | "refusal" | "tool_outputs">(
    message.additional_kwargs,
  );
  if (!kwargs) return setAside;
  const reasoning = textOf(kwargs.reasoning_content) ?? textOf(reasoningSummary(kwargs.reasoning));
  const refusal = textOf(kwargs.refusal);
  const isNew = reasoning !== undefined && !setAside.reasoning.join("").includes(reasoning);
  return {
    ...setAside,
    reasoning: isNew ? [...setAside.reasoning, reasoning] : setAside.reasoning,
    refusals: refusal === undefined ? setAside.refusals : [...setAside.refusals, refusal],
    providerCalls: [...setAside.providerCalls, ...boundedList(kwargs.tool_outputs).filter(isOfProvider)],
  };
}

/** OpenAI lists calls that the client executes among those it executed itself. */
function isOfProvider(item: unknown): boolean {
  const type = shapeOf<"type">(item)?.type;
  return type !== "custom_tool_call" && type !== "computer_call";
}

function reasoningSummary(value: unknown): string {
  const [block] = readContent([{ ...shapeOf(value), type: "reasoning" }]).setAside.reasoning;
  return block ?? "";
}
