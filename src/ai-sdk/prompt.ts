import { boundedList } from "../recorder/bounded-list.ts";
import { NeutralConversation, type NeutralRole, type Piece } from "../recorder/neutral-form.ts";
import { Asides } from "./asides.ts";
import { filePiece } from "./files.ts";
import { member, textMember } from "./unknown-shape.ts";

/** A prompt as it is recorded. */
export interface PromptReading {
  /** The input component of the model call. */
  readonly input: { readonly messages: readonly unknown[] };
  /** What the neutral form leaves out, for the sealed metadata. */
  readonly asides: Readonly<Record<string, unknown>>;
}

/** Reads a prompt of any version of the language-model specification. Never throws. */
export function readPrompt(prompt: unknown): PromptReading {
  const reader = new PromptReader();
  for (const message of boundedList(prompt)) reader.add(message);
  return { input: reader.conversation.component(), asides: reader.asides() };
}

/** The results of tools that the prompt carries, in order, as the framework shows them. */
export function toolResults(prompt: unknown): unknown[] {
  const results: unknown[] = [];
  for (const message of boundedList(prompt)) {
    if (member(message, "role") !== "tool") continue;
    for (const part of boundedList(member(message, "content")))
      if (member(part, "type") === "tool-result") results.push(part);
  }
  return results;
}

/** The ids of the tool calls whose results the prompt carries, in order. */
export function answeredToolCallIds(prompt: unknown): string[] {
  return toolResults(prompt)
    .map((part) => textMember(part, "toolCallId"))
    .filter((id) => id !== undefined);
}

/** True where a result's `output` says that there is none: an error, or a denial. */
export function isUnsuccessful(output: unknown): boolean {
  return /^(?:error-text|error-json|execution-denied)$/.test(textMember(output, "type") ?? "");
}

/** What the model is told by a result's `output`, but for one that is a list of parts. */
export function toolResultOf(output: unknown): unknown {
  const value = member(output, "value");
  switch (textMember(output, "type")) {
    case "text":
    case "error-text":
      return value;
    case "json":
    case "error-json":
      // Boxed, a JSON string stays a string; as text it would be parsed where it looks like an object.
      return typeof value === "string" ? Object(value) : value;
    case "execution-denied":
      // What providers tell the model where no reason is given.
      return textMember(output, "reason") ?? "Tool call execution denied.";
    default:
      return output;
  }
}

class PromptReader {
  readonly conversation = new NeutralConversation();
  readonly #asides = new Asides();
  /** Results that are no plain success: the neutral form has one shape for all. */
  readonly #unsuccessfulResults: { readonly id: string; readonly type: string }[] = [];

  asides(): Record<string, unknown> {
    const results = this.#unsuccessfulResults;
    return { ...this.#asides.members(), ...(results.length > 0 && { unsuccessful_results: results }) };
  }

  add(message: unknown): void {
    const role = roleOf(message);
    const content = member(message, "content");
    const parts = typeof content === "string" ? [{ type: "text", text: content }] : boundedList(content);
    // One by one, so that the files of a tool's result follow it and not the last result of the message.
    if (role === "tool") for (const part of parts) this.conversation.add(role, this.#pieces(part, role));
    else
      this.conversation.add(
        role,
        parts.flatMap((part) => this.#pieces(part, role)),
      );
  }

  #pieces(part: unknown, role: NeutralRole): readonly Piece[] {
    switch (textMember(part, "type")) {
      case "text":
        return [{ type: "text", text: textMember(part, "text") ?? "" }];
      case "file":
        return listOf(filePiece(part));
      case "tool-call":
        return member(part, "providerExecuted") === true ? this.#aside(part) : [callPiece(part)];
      case "tool-result":
        return this.#isProviders(part, role) ? this.#aside(part) : this.#resultPieces(part);
      default:
        return this.#aside(part);
    }
  }

  #aside(part: unknown): readonly Piece[] {
    this.#asides.add(part);
    return [];
  }

  /** The application answers in messages of the role `tool`; there too stand late results of what the provider runs. */
  #isProviders(part: unknown, role: NeutralRole): boolean {
    return role !== "tool" || this.#asides.hasProviderCall(textMember(part, "toolCallId") ?? "");
  }

  #resultPieces(part: unknown): readonly Piece[] {
    const id = textMember(part, "toolCallId") ?? "";
    const output = member(part, "output");
    const type = textMember(output, "type") ?? "";
    if (isUnsuccessful(output)) this.#unsuccessfulResults.push({ id, type });
    if (type === "content") return contentPieces(id, boundedList(member(output, "value")));
    return [{ type: "result", id, result: toolResultOf(output) }];
  }
}

function roleOf(message: unknown): NeutralRole {
  const role = member(message, "role");
  return role === "system" || role === "assistant" || role === "tool" ? role : "user";
}

function callPiece(part: unknown): Piece {
  const call = { id: textMember(part, "toolCallId") ?? "", name: textMember(part, "toolName") ?? "" };
  const input = member(part, "input");
  // A prompt shows inputs parsed, so text is a custom tool's text or what did not parse: parsing it would change it.
  if (typeof input === "string") return { type: "text_call", ...call, input };
  return { type: "call", ...call, arguments: input };
}

function contentPieces(id: string, items: readonly unknown[]): readonly Piece[] {
  const texts = items.map((item) =>
    member(item, "type") === "text" ? (textMember(item, "text") ?? "") : "",
  );
  const files = items
    .filter((item) => member(item, "type") !== "text")
    .flatMap((item) => listOf(filePiece(item)));
  return [{ type: "result", id, result: texts.join("") }, ...files];
}

function listOf<T>(item: T | undefined): readonly T[] {
  return item === undefined ? [] : [item];
}
