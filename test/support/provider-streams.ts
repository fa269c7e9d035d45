/** Cuts a text into pieces, as a provider's stream does. */
export type Cut = (whole: string) => readonly string[];

/** The body of a plain answer in each wire format, as far as the tests read it. */
export interface ChatBody {
  readonly usage: object;
  readonly choices: readonly {
    readonly finish_reason: string;
    readonly message: {
      readonly content: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
    };
  }[];
}

type AnthropicBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: object };

export interface AnthropicBody {
  readonly content: readonly AnthropicBlock[];
  readonly stop_reason: string;
  readonly usage: object;
}

interface GooglePart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly functionCall?: { readonly name: string; readonly args: object };
}

export interface GoogleBody {
  readonly candidates: readonly { readonly content: { readonly parts: readonly GooglePart[] } }[];
}

export interface ResponsesBody {
  readonly output: readonly {
    readonly type: string;
    readonly call_id: string;
    readonly name: string;
    readonly arguments?: string;
    readonly input?: string;
    readonly content?: readonly { readonly text: string }[];
  }[];
}

/** A plain body as the events of the provider's stream. */
export const streamEncoders: Readonly<Record<string, (body: never, cut: Cut) => string[]>> = {
  openai: chatEvents,
  "openai-compatible": chatEvents,
  deepseek: chatEvents,
  anthropic: (body: AnthropicBody, cut) => {
    // The start counts what there is of the answer by then, the end all of it.
    const message = { ...body, content: [], stop_reason: null, usage: { ...body.usage, output_tokens: 3 } };
    const blocks = body.content.flatMap((block, index) => {
      const [start, deltas] = anthropicBlock(block, cut);
      return [
        { type: "content_block_start", index, content_block: start },
        ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
        { type: "content_block_stop", index },
      ];
    });
    const delta = { stop_reason: body.stop_reason, stop_sequence: null };
    const end = { type: "message_delta", delta, usage: body.usage };
    return [{ type: "message_start", message }, ...blocks, end, { type: "message_stop" }].map((each) =>
      JSON.stringify(each),
    );
  },
  "openai-responses": (body: ResponsesBody, cut) => {
    const created = { type: "response.created", response: { ...body, output: [], status: "in_progress" } };
    const items = body.output.flatMap((item, index) => responsesItem(item, index, cut));
    const end = { type: "response.completed", response: body };
    return [created, ...items, end].map((each) => JSON.stringify(each));
  },
  google: (body: GoogleBody, cut) => {
    const [candidate] = body.candidates;
    const parts = (candidate?.content.parts ?? []).flatMap((part) =>
      part.text === undefined ? [part] : cut(part.text).map((piece) => ({ ...part, text: piece })),
    );
    return parts.map((part, index) => {
      const isLast = index === parts.length - 1;
      const { finishReason, ...rest } = candidate as { finishReason?: string };
      const content = { role: "model", parts: [part] };
      const shown = { ...rest, content, ...(isLast && { finishReason }) };
      return JSON.stringify({ ...body, candidates: [shown] });
    });
  },
};

function responsesItem(item: ResponsesBody["output"][number], index: number, cut: Cut): object[] {
  const common = { output_index: index, item_id: `item_${index}` };
  const end = { type: "response.output_item.done", output_index: index, item };
  const start = { type: "response.output_item.added", output_index: index };
  const deltas = (kind: string, whole: string, more: object = {}) =>
    cut(whole).map((delta) => ({ type: `response.${kind}.delta`, ...common, ...more, delta }));
  if (item.type === "message") {
    const texts = (item.content ?? []).flatMap((part, content_index) =>
      deltas("output_text", part.text, { content_index }),
    );
    return [{ ...start, item: { ...item, content: [] } }, ...texts, end];
  }
  if (item.type === "function_call") {
    const pieces = deltas("function_call_arguments", item.arguments ?? "");
    return [{ ...start, item: { ...item, arguments: "" } }, ...pieces, end];
  }
  if (item.type === "custom_tool_call") {
    const pieces = deltas("custom_tool_call_input", item.input ?? "");
    return [{ ...start, item: { ...item, input: "" } }, ...pieces, end];
  }
  return [{ ...start, item }, end];
}

function anthropicBlock(block: AnthropicBlock, cut: Cut): [object, object[]] {
  switch (block.type) {
    case "text":
      return [{ ...block, text: "" }, cut(block.text).map((piece) => ({ type: "text_delta", text: piece }))];
    case "thinking":
      return [
        { ...block, thinking: "", signature: "" },
        [
          ...cut(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
          { type: "signature_delta", signature: block.signature },
        ],
      ];
    case "tool_use": {
      const json = cut(JSON.stringify(block.input));
      return [
        { ...block, input: {} },
        json.map((partial_json) => ({ type: "input_json_delta", partial_json })),
      ];
    }
    default:
      return [block, []];
  }
}

function chatEvents(body: ChatBody, cut: Cut): string[] {
  const { choices, usage, ...rest } = body;
  const [choice] = choices;
  if (!choice) return [];
  const { message, finish_reason } = choice;
  const chunk = (delta: object, reason: string | null = null) =>
    JSON.stringify({
      ...rest,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: reason }],
    });
  const reasoning = cut(message.reasoning_content ?? "").map((piece) => chunk({ reasoning_content: piece }));
  const texts = cut(message.content ?? "").map((content) => chunk({ content }));
  const calls = (message.tool_calls ?? []).flatMap(({ function: called, ...call }, index) => [
    chunk({ tool_calls: [{ ...call, index, function: { name: called.name, arguments: "" } }] }),
    ...cut(called.arguments).map((piece) =>
      chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
    ),
  ]);
  const end = JSON.stringify({ ...rest, object: "chat.completion.chunk", choices: [], usage });
  return [
    chunk({ role: "assistant", content: "" }),
    ...reasoning,
    ...texts,
    ...calls,
    chunk({}, finish_reason),
    end,
    "[DONE]",
  ];
}
