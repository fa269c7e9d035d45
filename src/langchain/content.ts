import { boundedList } from "../recorder/bounded-list.ts";
import type { Piece } from "../recorder/neutral-form.ts";
import { mediaPiece } from "./media.ts";
import { idOf, type Shape, shapeOf, textOf } from "./shape.ts";

/** A tool call as a content block shows it. Its arguments may be cut off: the message's own list has them whole. */
export interface ShownCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
  /** In the framework's standard form, which follows the message's own list. */
  readonly isStandard?: boolean;
}

/** What a message's content holds that its neutral form does not: for the sealed metadata. */
export interface SetAside {
  readonly reasoning: string[];
  /** Citations and annotations of the text. */
  readonly sources: unknown[];
  /** Calls that the provider executed itself, and their results. */
  readonly providerCalls: unknown[];
  readonly refusals: string[];
  /** Blocks of a kind unknown here. */
  readonly otherBlocks: unknown[];
}

/** A message's content, taken apart. */
export interface Content {
  readonly pieces: Piece[];
  readonly calls: ShownCall[];
  readonly setAside: SetAside;
}

type Block = Shape<
  | "type"
  | "text"
  | "annotations"
  | "citations"
  | "reasoning"
  | "thinking"
  | "summary"
  | "refusal"
  | "id"
  | "name"
  | "args"
  | "input"
  | "call_id"
  | "arguments"
  | "functionCall"
  | "tool_use_id"
  | "content"
  | "value"
>;

/**
 * Takes apart the content of a message of any provider: text, or a list of blocks in the provider's own form or in the
 * framework's standard one (`output_version: "v1"`). Texts, files and results become pieces, calls are listed, the rest is set aside.
 */
export function readContent(content: unknown): Content {
  const read: Content = {
    pieces: [],
    calls: [],
    setAside: { reasoning: [], sources: [], providerCalls: [], refusals: [], otherBlocks: [] },
  };
  if (typeof content === "string") read.pieces.push({ type: "text", text: content });
  const blocks = Array.isArray(content)
    ? boundedList(content)
    : content !== null && typeof content === "object"
      ? [content]
      : [];
  for (const block of blocks) readBlock(block, read);
  return read;
}

/** All text of a message's content, one block after another; undefined where it has none. */
export function textOfContent(content: unknown): string | undefined {
  return textOf(
    readContent(content)
      .pieces.map((piece) => (piece.type === "text" ? piece.text : ""))
      .join(""),
  );
}

function readBlock(value: unknown, read: Content): void {
  if (typeof value === "string") {
    read.pieces.push({ type: "text", text: value });
    return;
  }
  const block = shapeOf<keyof Block>(value);
  if (!block) return;
  const { pieces, calls, setAside } = read;
  switch (block.type) {
    case "text":
    case "text_delta":
    case "input_text":
    case "output_text":
      pieces.push({ type: "text", text: textOf(block.text) ?? "" });
      setAside.sources.push(...boundedList(block.annotations), ...boundedList(block.citations));
      return;
    case "reasoning":
    case "thinking":
    case "reasoning_content":
      setAside.reasoning.push(reasoningText(block));
      return;
    // Encrypted reasoning, its signatures and the fragments that `tool_calls` holds whole.
    case "redacted_thinking":
    case "input_json_delta":
    case "tool_call_chunk":
      return;
    case "refusal":
      setAside.refusals.push(textOf(block.refusal) ?? "");
      return;
    case "tool_call":
      calls.push({ id: idOf(block.id), name: idOf(block.name), arguments: block.args, isStandard: true });
      return;
    case "tool_use":
    case "invalid_tool_call":
      calls.push({ id: idOf(block.id), name: idOf(block.name), arguments: block.args ?? block.input });
      return;
    case "function_call":
      calls.push({ id: idOf(block.call_id), name: idOf(block.name), arguments: block.arguments });
      return;
    case "functionCall":
      calls.push(googleCall(block.functionCall));
      return;
    case "tool_result":
      pieces.push({ type: "result", id: idOf(block.tool_use_id), result: resultOf(block.content) });
      return;
    case "non_standard":
      readBlock(block.value, read);
      return;
    default:
      readOther(value as object, block, read);
  }
}

function readOther(value: object, block: Block, { pieces, calls, setAside }: Content): void {
  const media = mediaPiece(value);
  if (media) pieces.push(media);
  else if (block.functionCall !== undefined) calls.push(googleCall(block.functionCall));
  else if (isProviderCall(block.type)) setAside.providerCalls.push(value);
  else if (block.type === undefined && typeof block.text === "string") {
    pieces.push({ type: "text", text: block.text });
  } else setAside.otherBlocks.push(value);
}

function reasoningText(block: Block): string {
  const summary = boundedList(block.summary).map((part) => textOf(shapeOf<"text">(part)?.text) ?? "");
  return textOf(block.reasoning) ?? textOf(block.thinking) ?? textOf(block.text) ?? summary.join("");
}

function googleCall(value: unknown): ShownCall {
  const call = shapeOf<"id" | "name" | "args">(value);
  return { id: idOf(call?.id), name: idOf(call?.name), arguments: call?.args };
}

/** `server_tool_use`, `web_search_tool_result`, `mcp_tool_use`, `code_interpreter_call`, `executableCode` and their kin. */
function isProviderCall(type: unknown): boolean {
  return (
    typeof type === "string" &&
    /^(server_tool_|mcp_|web_search|file_search|code_interpreter|image_generation|executableCode|codeExecutionResult)|_tool_result$|_call$|_call_output$/.test(
      type,
    )
  );
}

function resultOf(content: unknown): unknown {
  return typeof content === "string" ? content : (textOfContent(content) ?? "");
}
