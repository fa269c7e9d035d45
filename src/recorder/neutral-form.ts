import { type BlobPart, filePart, linkPart, type UriPart } from "./blob.ts";
import { parsedArguments, parsedResult } from "./json-text.ts";
import type { ProposedCall } from "./tool-call-memory.ts";
import { captureReference } from "./total-capture.ts";
import { type MessageTranslator, Translated } from "./translated.ts";

/** Who a message is from, in the words of OpenTelemetry's GenAI conventions. */
export type NeutralRole = "system" | "user" | "assistant" | "tool";

/** One part of a message in the neutral form. Its members are what is hashed. */
export type NeutralPart =
  | { readonly type: "text"; readonly content: string }
  | BlobPart
  | UriPart
  | { readonly type: "tool_call"; readonly id: string; readonly name: string; readonly arguments: unknown }
  | { readonly type: "tool_call_response"; readonly id: string; readonly response: unknown };

/** A message as it is recorded: the same whichever framework showed it. */
export interface NeutralMessage {
  readonly role: NeutralRole;
  readonly parts: readonly NeutralPart[];
}

/** What a framework shows of a message, in any order and cut: {@link NeutralConversation} makes the parts of it. */
export type Piece =
  | { readonly type: "text"; readonly text: string }
  /** A file at hand. Text is base64, in the standard or the URL alphabet, or a `data:` URI. */
  | { readonly type: "file"; readonly mimeType?: string | undefined; readonly data: Uint8Array | string }
  /** A file by its address. A `data:` URI becomes a blob of its bytes. */
  | { readonly type: "link"; readonly mimeType?: string | undefined; readonly uri: string }
  /** A tool call the client executes. Arguments given as text are parsed; blank is `{}`, what does not parse stays text. */
  | { readonly type: "call"; readonly id: string; readonly name: string; readonly arguments: unknown }
  /** A call of a custom tool, whose input is plain text: never parsed. */
  | { readonly type: "text_call"; readonly id: string; readonly name: string; readonly input: string }
  /** A tool's result. Text is parsed only where it is a JSON object or array. */
  | { readonly type: "result"; readonly id: string; readonly result: unknown };

/**
 * Collects messages in the neutral form. Files are hashed when they are added; arguments and results are held as they are
 * given, so capture the component before anything else can change them.
 */
export class NeutralConversation {
  readonly #messages: NeutralMessage[] = [];
  #droppedCalls = 0;

  /** The messages so far. */
  get messages(): readonly NeutralMessage[] {
    return this.#messages;
  }

  /** How many calls were left out because their name is empty. */
  get droppedCalls(): number {
    return this.#droppedCalls;
  }

  /**
   * Adds one message of the framework. Each result in it becomes a message of its own with the role `tool`: before the
   * other pieces, which comment on results, but after an assistant's, whose calls they answer. A message with nothing in
   * it is kept with no parts (frameworks drop empty texts, not their messages), except one of the role `tool`.
   */
  add(role: NeutralRole, pieces: readonly Piece[]): void {
    const results = pieces.filter((piece) => piece.type === "result");
    const parts = this.#parts(pieces);
    const isKept = parts.length > 0 || (results.length === 0 && role !== "tool");
    if (isKept && role === "assistant") this.#messages.push({ role, parts });
    for (const result of results) this.#messages.push(resultMessage(result));
    if (isKept && role !== "assistant") this.#messages.push({ role, parts });
  }

  /** Adds a message that is in the neutral form already. */
  addMessage(message: NeutralMessage): void {
    this.#messages.push(message);
  }

  /** The component of a model call: the messages so far. */
  component(): { readonly messages: readonly NeutralMessage[] } {
    return { messages: [...this.#messages] };
  }

  /** Text first, then files, then calls: frameworks differ in where they put them. */
  #parts(pieces: readonly Piece[]): NeutralPart[] {
    let content = "";
    const files: NeutralPart[] = [];
    const calls: NeutralPart[] = [];
    for (const piece of pieces) {
      if (piece.type === "text") content += piece.text;
      else if (piece.type === "file") files.push(filePart(piece.data, piece.mimeType));
      else if (piece.type === "link") files.push(linkPart(piece.uri, piece.mimeType));
      else if (piece.type === "result") continue;
      else if (piece.name === "") this.#droppedCalls += 1;
      else calls.push(callPart(piece));
    }
    const texts: NeutralPart[] = content === "" ? [] : [{ type: "text", content }];
    return [...texts, ...files, ...calls];
  }
}

/** The calls that the assistant messages among `messages` propose, in order of appearance. */
export function proposedCalls(messages: readonly NeutralMessage[]): ProposedCall[] {
  const calls: ProposedCall[] = [];
  for (const { role, parts } of messages) {
    if (role !== "assistant") continue;
    for (const part of parts)
      if (part.type === "tool_call") calls.push({ id: part.id, name: part.name, arguments: part.arguments });
  }
  return calls;
}

/** The input of a tool run: the arguments as executed, text parsed as in a call. */
export function toolInput(
  name: string,
  args: unknown,
): { readonly name: string; readonly arguments: unknown } {
  return { name, arguments: parsedArguments(args) };
}

/** The same where the framework has parsed the arguments already: text among them is a JSON string, not JSON to be read. */
export function parsedToolInput(
  name: string,
  args: unknown,
): { readonly name: string; readonly arguments: unknown } {
  return { name, arguments: args === undefined ? {} : args };
}

/** The output of a tool run: text parsed as in the result a model is shown. */
export function toolOutput(result: unknown): { readonly result: unknown } {
  return { result: parsedResult(result) };
}

/** A document as a retriever gave it: its text and what is known of it. */
export interface RetrievedDocument {
  readonly content: unknown;
  readonly metadata: unknown;
}

/** The input of a retrieval. */
export function retrievalInput(query: unknown): { readonly query: unknown } {
  return { query };
}

/** The output of a retrieval: content and metadata of each document, in order, and nothing else of it. */
export function retrievalOutput(documents: readonly RetrievedDocument[]): {
  readonly documents: readonly RetrievedDocument[];
} {
  return { documents: documents.map(({ content, metadata }) => ({ content, metadata })) };
}

/** An entry of `referenceData` for each document: its place, from 0, and the reference of its entry in the output. */
export function documentReferences(
  documents: readonly RetrievedDocument[],
): { index: number; reference: string }[] {
  return retrievalOutput(documents).documents.map((document, index) => ({
    index,
    reference: captureReference(document).component.reference,
  }));
}

/**
 * The input or output of an agent or a chain, without the wrapper `{input: x}` or `{output: x}` that frameworks put around
 * what is no object. `translate` says which objects inside are messages: in a list they make way for their neutral
 * messages; elsewhere one stands for itself and several as a list. It is applied when the component is captured.
 */
export function valueComponent(
  value: unknown,
  translate?: MessageTranslator | undefined,
): { readonly value: unknown } {
  const unwrapped = withoutWrapper(value);
  return { value: translate ? new Translated(unwrapped, translate) : unwrapped };
}

function callPart(call: Extract<Piece, { type: "call" | "text_call" }>): NeutralPart {
  return {
    type: "tool_call",
    id: call.id,
    name: call.name,
    arguments: call.type === "call" ? parsedArguments(call.arguments) : call.input,
  };
}

function resultMessage(piece: Extract<Piece, { type: "result" }>): NeutralMessage {
  return {
    role: "tool",
    parts: [{ type: "tool_call_response", id: piece.id, response: parsedResult(piece.result) }],
  };
}

function withoutWrapper(value: unknown): unknown {
  try {
    if (typeof value !== "object" || value === null) return value;
    const [key, ...others] = Reflect.ownKeys(value);
    if ((key !== "input" && key !== "output") || others.length > 0) return value;
    const member = Reflect.getOwnPropertyDescriptor(value, key);
    return member && "value" in member ? member.value : value;
  } catch {
    // A proxy that refuses to be looked at: capturing it says so.
    return value;
  }
}
