import { boundedList } from "../recorder/bounded-list.ts";
import type { Piece } from "../recorder/neutral-form.ts";
import type { ShownCall } from "./content.ts";
import { idOf, type Shape, shapeOf, textOf } from "./shape.ts";

/**
 * How the calls of a message are to be read: as the model just wrote them (`answer`), or as the framework sends them on
 * in a history, repaired or edited (`history`).
 */
export type CallView = "answer" | "history";

/** The members of an assistant's message that show its tool calls. */
export type CallingMessage = Shape<
  "tool_calls" | "invalid_tool_calls" | "tool_call_chunks" | "additional_kwargs" | "response_metadata"
>;

type CallPiece = Extract<Piece, { type: "call" | "text_call" }>;

/**
 * The tool calls of a message that the client is to execute, in the order the model wrote them. LangChain lists valid
 * and invalid calls apart; the order across both is taken from where the provider's own list is still seen.
 *
 * @param shown The calls found in the message's content blocks.
 */
export function toolCallPieces(
  message: CallingMessage,
  shown: readonly ShownCall[],
  view: CallView,
): CallPiece[] {
  const custom = customCallIds(message);
  const valid = callsIn(message.tool_calls).map((call) => ({ ...call, isParsed: true }));
  const listed = [...valid, ...callsIn(message.invalid_tool_calls)];
  const chunks = chunkedCalls(message.tool_call_chunks);
  const raw = rawCalls(message);
  const also = view === "answer" ? shown : shown.filter((call) => isSent(call, message));
  const calls = listed.length > 0 ? [...listed, ...unlisted(also, listed)] : firstOf(chunks, shown, raw);
  const ordered = inOrderOf(firstOf(chunks, raw, shown), calls);
  // Only a stream's raw text tells what the model wrote: its call list has cut arguments completed by guess.
  return ordered.map((call) => piece((view === "answer" && matching(chunks, call)) || call, custom));
}

interface Call extends ShownCall {
  readonly isCustom?: boolean;
  /** The arguments are what the model's JSON says: text among them is a JSON string, not JSON to be read again. */
  readonly isParsed?: boolean;
}

function callsIn(list: unknown): Call[] {
  return boundedList(list).map((each) => {
    const call = shapeOf<"id" | "name" | "args" | "isCustomTool">(each);
    return {
      id: idOf(call?.id),
      name: idOf(call?.name),
      arguments: call?.args,
      isCustom: call?.isCustomTool === true,
    };
  });
}

/** The pieces of streamed calls are merged by index already, unless a provider gives none. */
function chunkedCalls(list: unknown): Call[] {
  const calls: (Call & { index: unknown })[] = [];
  for (const each of boundedList(list)) {
    const chunk = shapeOf<"id" | "name" | "args" | "index" | "isCustomTool">(each);
    const text = textOf(chunk?.args) ?? "";
    const started = calls.findIndex((call) => isContinued(call, chunk?.id, chunk?.index));
    const call = calls[started];
    if (call) {
      calls[started] = { ...call, id: call.id || idOf(chunk?.id), arguments: `${call.arguments}${text}` };
    } else {
      const isCustom = chunk?.isCustomTool === true;
      calls.push({
        id: idOf(chunk?.id),
        name: idOf(chunk?.name),
        arguments: text,
        isCustom,
        index: chunk?.index,
      });
    }
  }
  return calls;
}

function isContinued(call: Call & { index: unknown }, id: unknown, index: unknown): boolean {
  if (textOf(id) !== undefined) return call.id === id && call.index === index;
  return index !== undefined && call.index === index;
}

/** The provider's own list: OpenAI's chat form, its responses form, or the function call that came before tools. */
function rawCalls(message: CallingMessage): Call[] {
  const kwargs = shapeOf<"tool_calls" | "function_call">(message.additional_kwargs);
  const chat = boundedList(kwargs?.tool_calls).map((each) => {
    const call = shapeOf<"id" | "function">(each);
    return { id: idOf(call?.id), ...functionOf(call?.function) };
  });
  if (chat.length > 0) return chat;
  const output = boundedList(shapeOf<"output">(message.response_metadata)?.output).flatMap((each) => {
    const item = shapeOf<"type" | "call_id" | "name" | "arguments" | "input">(each);
    if (item?.type !== "function_call" && item?.type !== "custom_tool_call") return [];
    return [{ id: idOf(item.call_id), name: idOf(item.name), arguments: item.arguments ?? item.input }];
  });
  if (output.length > 0 || kwargs?.function_call === undefined || kwargs.function_call === null)
    return output;
  const legacy = functionOf(kwargs.function_call);
  return [{ id: legacy.name, ...legacy }];
}

function functionOf(value: unknown): { name: string; arguments: unknown } {
  const called = shapeOf<"name" | "arguments">(value);
  return { name: idOf(called?.name), arguments: called?.arguments };
}

function customCallIds(message: CallingMessage): ReadonlySet<string> {
  const kwargs = shapeOf<"__openai_custom_tool_call_ids__">(message.additional_kwargs);
  return new Set(Object.keys(shapeOf(kwargs?.__openai_custom_tool_call_ids__) ?? {}));
}

function firstOf(...lists: readonly (readonly Call[])[]): readonly Call[] {
  return lists.find((list) => list.length > 0) ?? [];
}

function unlisted(shown: readonly ShownCall[], listed: readonly Call[]): readonly ShownCall[] {
  return shown.filter(
    ({ id, name }) => !listed.some((call) => call.id === id || (id === "" && call.name === name)),
  );
}

/** What was taken off the list, by a person's review for one, is not sent on; Anthropic alone is sent the content as it is. */
function isSent({ isStandard }: ShownCall, message: CallingMessage): boolean {
  const provider = shapeOf<"model_provider">(message.response_metadata)?.model_provider;
  return isStandard !== true || provider === "anthropic";
}

function matching(calls: readonly Call[], { id, name }: Call): Call | undefined {
  const found = calls.filter((call) => call.id === id && call.name === name);
  // Ids are the provider's and may repeat: then nothing tells which text belongs to which call.
  return found.length === 1 ? found[0] : undefined;
}

/** `calls` in the order of `model`; those it does not have keep their place after the one before them. */
function inOrderOf(model: readonly Call[], calls: readonly Call[]): readonly Call[] {
  const taken = new Set<number>();
  let last = -1;
  const placed = calls.map((call, index) => {
    const place = model.findIndex(
      ({ id, name }, at) => !taken.has(at) && id === call.id && name === call.name,
    );
    if (place >= 0) taken.add(place);
    last = place >= 0 ? place : last;
    return { call, place: last, index };
  });
  return placed.sort((a, b) => a.place - b.place || a.index - b.index).map(({ call }) => call);
}

function piece(call: Call, custom: ReadonlySet<string>): CallPiece {
  const { id, name } = call;
  if (call.isCustom || custom.has(id)) {
    const input =
      typeof call.arguments === "string" ? call.arguments : shapeOf<"input">(call.arguments)?.input;
    if (typeof input === "string") return { type: "text_call", id, name, input };
  }
  if (call.isParsed && typeof call.arguments === "string") {
    return { type: "text_call", id, name, input: call.arguments };
  }
  return { type: "call", id, name, arguments: call.arguments };
}
