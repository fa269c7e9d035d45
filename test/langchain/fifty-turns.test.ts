import { HumanMessage } from "@langchain/core/messages";
import { Command, MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import {
  type AgentMiddleware,
  createAgent,
  humanInTheLoopMiddleware,
  modelRetryMiddleware,
  summarizationMiddleware,
  tool,
  toolCallLimitMiddleware,
  toolRetryMiddleware,
} from "langchain";
import { beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type ScriptedAnswer, type SeenRequest, startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

/** What a model answers in one turn of the conversation, one request after another, and what a person decides. */
interface Turn {
  readonly answers: readonly ScriptedAnswer[];
  readonly decisions?: readonly object[];
}

/** What was seen at the provider's door or inside a tool. */
type Seen =
  | { readonly model: number; readonly input: unknown; readonly status: string }
  | { readonly tool: string; readonly name: string; readonly arguments: unknown; readonly status: string };

let callCount = 0;
const call = (name: string, args: object) => {
  callCount += 1;
  return { id: `call_${callCount}`, name, arguments: JSON.stringify(args) };
};
const asks = (...toolCalls: ReturnType<typeof call>[]): ScriptedAnswer => ({ toolCalls });
const edit = { type: "edit", editedAction: { name: "refund", args: { amount: 1 } } };

/** Everything the stock middlewares do, in turn. */
const turns: readonly (() => Turn)[] = [
  () => ({ answers: [{}] }),
  () => ({ answers: [asks(call("score", { id: 1 })), asks(call("score", { id: 2 })), {}] }),
  () => ({ answers: [asks(call("score", { id: 3 }), call("note", { text: "both" })), {}] }),
  () => ({ answers: [asks(call("flaky", { fails: 1 })), {}] }),
  () => ({ answers: [asks(call("flaky", { fails: 9 }), call("score", { id: 4 })), {}] }),
  () => ({ answers: [{ status: 500 }, { status: 429 }, {}] }),
  () => ({ answers: [asks(call("refund", { amount: 5 })), {}], decisions: [{ type: "approve" }] }),
  () => ({
    answers: [asks(call("note", { text: "x" }), call("refund", { amount: 50 })), {}],
    decisions: [edit],
  }),
  () => ({
    answers: [
      asks(call("refund", { amount: 6 }), call("note", { text: "y" }), call("refund", { amount: 7 })),
      asks(call("refund", { amount: 2 })),
      {},
    ],
    decisions: [{ type: "approve" }, { type: "reject", message: "no" }, { type: "approve" }],
  }),
  () => ({ answers: [asks(...[5, 6, 7, 8, 9].map((id) => call("score", { id }))), {}] }),
  () => ({ answers: [asks(call("score", { id: "not a number" }), call("invented", { id: 1 })), {}] }),
];

// The middlewares tell on the console what they retry.
beforeAll(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));

test("fifty turns of an agent with stock middlewares: the events are what was seen on the wire and in the tools", async () => {
  const seen: Seen[] = [];
  const proposedBy = new Map<string, number>();
  const queue: ScriptedAnswer[] = [];
  await using server = await startOpenAiServer((request) => {
    const model = server.requests.length;
    // Only the summarization asks without tools.
    const answer = request.body["tools"] === undefined ? {} : (queue.shift() ?? {});
    seen.push({ model, input: neutral(request), status: String(answer.status ?? "success") });
    for (const { id } of answer.toolCalls ?? []) proposedBy.set(id, model);
    return { text: `answer ${model}`, ...answer };
  });
  const spied = (name: string, schema: z.ZodObject, work: (input: never) => string) =>
    tool(
      async (input: object, { toolCall }) => {
        const entry = { tool: toolCall?.id ?? "", name, arguments: input };
        try {
          const result = work(input as never);
          seen.push({ ...entry, status: "success" });
          return result;
        } catch (error) {
          seen.push({ ...entry, status: "error:RangeError" });
          throw error;
        }
      },
      { name, description: name, schema },
    );
  let failures = 0;
  const tools = [
    spied("score", z.object({ id: z.number() }), ({ id }: { id: number }) => JSON.stringify({ score: id })),
    spied("note", z.object({ text: z.string() }), ({ text }: { text: string }) => text),
    spied(
      "refund",
      z.object({ amount: z.number() }),
      ({ amount }: { amount: number }) => `${amount} refunded`,
    ),
    spied("flaky", z.object({ fails: z.number() }), ({ fails }: { fails: number }) => {
      failures += 1;
      if (failures <= fails) throw new RangeError("not now");
      return "at last";
    }),
  ];
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: "none",
    maxRetries: 0,
    configuration: { baseURL: server.baseURL },
  });
  const retry = { maxRetries: 2, initialDelayMs: 0, jitter: false };
  const agent = createAgent({
    model,
    tools,
    middleware: [
      summarizationMiddleware({ model, trigger: { messages: 30 }, keep: { messages: 8 } } as never),
      modelRetryMiddleware(retry),
      toolRetryMiddleware(retry),
      humanInTheLoopMiddleware({ interruptOn: { refund: true } } as never),
      toolCallLimitMiddleware({ toolName: "score", runLimit: 3 } as never),
    ] as unknown as AgentMiddleware[],
    checkpointer: new MemorySaver(),
  });
  const { recorder, events, troubles, sink } = startRecording();
  const config = {
    callbacks: [new ComplianceGuardHandler({ recorder })],
    configurable: { thread_id: "thread" },
    recursionLimit: 100,
  };
  const ways = [
    (input: never) => agent.invoke(input, config),
    async (input: never) => drain(await agent.stream(input, { ...config, streamMode: "messages" })),
    (input: never) => drain(agent.streamEvents(input, { ...config, version: "v2" })),
    async (input: never) => drain(await agent.streamEvents(input, { ...config, version: "v3" })),
  ];
  for (let index = 0; index < 50; index += 1) {
    const { answers, decisions } = (turns[index % turns.length] as () => Turn)();
    // In its newest event stream LangChain leaves the error of a failing tool unhandled.
    const isFlaky = JSON.stringify(answers).includes("flaky");
    const ask = ways[index % (isFlaky ? 3 : 4)] as (input: never) => Promise<unknown>;
    failures = 0;
    queue.splice(0, queue.length, ...answers);
    await ask({ messages: [new HumanMessage(`turn ${index}`)] } as never);
    for (;;) {
      const { tasks } = await agent.graph.getState(config);
      const asked = tasks.flatMap(({ interrupts }) => interrupts)[0]?.value as { actionRequests: unknown[] };
      if (!asked) break;
      const answer = (decisions ?? []).slice(0, asked.actionRequests.length);
      await ask(new Command({ resume: { decisions: answer } }) as never);
    }
    expect(queue).toEqual([]);
  }

  const all = await events();
  expect(troubles).toEqual([]);
  expect(sink.open.size).toBe(0);
  expect(all.map(({ systemState }) => systemState.recorder.sequence)).toEqual(
    all.map((_, index) => index + 1),
  );
  const kindOf = (event: RecordedEvent) => event.systemState.run?.["kind"];
  const isExecuted = ({ metadata }: RecordedEvent) => metadata["executed"] !== false;
  const told = all.filter(
    (event) => kindOf(event) === "model" || (kindOf(event) === "tool" && isExecuted(event)),
  );
  let models = 0;
  const reconstructed = told.map((event): Seen => {
    const status = String(statusOf(event));
    if (kindOf(event) === "tool") {
      const { name, arguments: args } = event.input as never as { name: string; arguments: unknown };
      return { tool: event.metadata["tool_call_id"] as string, name, arguments: args, status };
    }
    models += 1;
    return { model: models, input: event.input.messages, status };
  });
  expect(reconstructed).toEqual(seen);
  expect(new Set(seen.map(({ status }) => status))).toEqual(
    new Set(["success", "500", "429", "error:RangeError"]),
  );
  expect(server.requests.filter(({ body }) => body["tools"] === undefined).length).toBeGreaterThan(1);

  const proposals = new Map<string, number>();
  models = 0;
  for (const event of told.filter((each) => kindOf(each) === "model")) {
    models += 1;
    const parts = (event.output.messages as { parts: { type: string; id: string }[] }[] | undefined) ?? [];
    for (const { type, id } of parts.flatMap((message) => message.parts))
      if (type === "tool_call") proposals.set(id, models);
  }
  expect(proposals).toEqual(proposedBy);

  const ran = new Set(seen.flatMap((each) => ("tool" in each ? [each.tool] : [])));
  const neverRan = all.filter((event) => kindOf(event) === "tool" && !isExecuted(event));
  const ids = neverRan.map(({ metadata }) => metadata["tool_call_id"] as string);
  expect(ids.length).toBeGreaterThan(20);
  expect([...ids].sort()).toEqual([...proposedBy.keys()].filter((id) => !ran.has(id)).sort());
});

async function drain(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}

/** The messages of a request in OpenAI's form, read by hand and not by the code under test. */
function neutral({ body }: SeenRequest): unknown {
  interface Sent {
    readonly role: string;
    readonly content?: string | readonly { readonly text: string }[] | null;
    readonly tool_call_id?: string;
    readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
  }
  return (body.messages as readonly Sent[]).map(({ role, content, tool_call_id: id, tool_calls: calls }) => {
    const text = typeof content === "string" ? content : (content ?? []).map((part) => part.text).join("");
    if (role === "tool") {
      const response = text.startsWith("{") ? JSON.parse(text) : text;
      return { role, parts: [{ type: "tool_call_response", id, response }] };
    }
    const made = (calls ?? []).map((each) => ({
      type: "tool_call",
      id: each.id,
      name: each.function.name,
      arguments: JSON.parse(each.function.arguments),
    }));
    return { role, parts: [...(text === "" ? [] : [{ type: "text", content: text }]), ...made] };
  });
}
