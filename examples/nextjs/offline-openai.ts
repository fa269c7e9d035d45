/** Stands in for the network: answers OpenAI's Responses API from a script, one after the other. */
export function offlineOpenAi(answers: (readonly object[])[]): typeof fetch {
  let count = 0;
  return async () => {
    const response = { id: `resp_${count}`, created_at: 1_777_636_800, model: "gpt-5-2026-04-01" };
    const usage = { input_tokens: 40, output_tokens: 20 };
    const events = [
      { type: "response.created", response },
      ...(answers[count] ?? []),
      { type: "response.completed", response: { usage } },
    ];
    count += 1;
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

/** The model calls a tool. */
export function toolCall(name: string, args: object): object[] {
  const call = {
    type: "function_call",
    id: "fc_1",
    call_id: "call_1",
    name,
    arguments: JSON.stringify(args),
  };
  return [
    { type: "response.output_item.added", output_index: 0, item: { ...call, arguments: "" } },
    { type: "response.output_item.done", output_index: 0, item: { ...call, status: "completed" } },
  ];
}

/** The model says this, word by word. */
export function text(...words: readonly string[]): object[] {
  const item = { type: "message", id: "msg_1" };
  return [
    { type: "response.output_item.added", output_index: 0, item },
    ...words.map((delta) => ({ type: "response.output_text.delta", item_id: "msg_1", delta })),
    { type: "response.output_item.done", output_index: 0, item },
  ];
}
