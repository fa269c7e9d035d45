import { InMemoryCache } from "@langchain/core/caches";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { HumanMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import { createAgent } from "langchain";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

type Style = (model: BaseChatModel, options: object) => Promise<unknown>;

const question = [new HumanMessage("Short-list applicant 7?")];
const agent = (model: BaseChatModel) => createAgent({ model, tools: [] });

const streaming: Readonly<Record<string, Style>> = {
  "model.stream": async (model, options) => drain(await model.stream(question, options)),
  "model.streamEvents v2": (model, options) =>
    drain(model.streamEvents(question, { ...options, version: "v2" })),
  "agent.stream messages": async (model, options) =>
    drain(await agent(model).stream({ messages: question }, { ...options, streamMode: "messages" })),
  "agent.stream in several modes": async (model, options) =>
    drain(
      await agent(model).stream(
        { messages: question },
        { ...options, streamMode: ["values", "updates", "messages", "custom", "debug"] },
      ),
    ),
  "agent.streamEvents v2": (model, options) =>
    drain(agent(model).streamEvents({ messages: question }, { ...options, version: "v2" })),
  "agent.streamEvents v3": async (model, options) =>
    drain(await agent(model).streamEvents({ messages: question }, { ...options, version: "v3" })),
};
const plain: Readonly<Record<string, Style>> = {
  "model.invoke": (model, options) => model.invoke(question, options),
  "model.batch": (model, options) => model.batch([question], options),
  "agent.invoke": (model, options) => agent(model).invoke({ messages: question }, options),
  "agent.stream values": async (model, options) =>
    drain(await agent(model).stream({ messages: question }, { ...options, streamMode: "values" })),
};
const every = { ...plain, ...streaming };

async function ask(
  answer: ScriptedAnswer,
  styles: readonly Style[],
  fields: Partial<ChatOpenAIFields> = {},
): Promise<{ models: readonly RecordedEvent[]; requests: number; errors: readonly unknown[] }> {
  await using server = await startOpenAiServer([answer]);
  const { recorder, events, sink } = startRecording();
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: "none",
    maxRetries: 0,
    ...fields,
    configuration: { baseURL: server.baseURL },
  });
  const errors: unknown[] = [];
  for (const style of styles)
    await style(model, { callbacks: [new ComplianceGuardHandler({ recorder })] }).catch((error) => {
      errors.push(error);
    });
  const all = await events();
  expect(sink.open.size).toBe(0);
  const models = all.filter(({ actor }) => actor?.type === "model");
  return { models, requests: server.requests.length, errors };
}

const finishOf = (event: RecordedEvent | undefined) => event?.systemState.run["finish_reason"];
const outputOf = (text: string) => ({
  messages: [{ role: "assistant", parts: text === "" ? [] : [{ type: "text", content: text }] }],
});

// LangChain advises its own users on the console.
beforeAll(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));

test.each(Object.entries(streaming))(
  "%s without usage in the stream has the same output and finish reason, and no made-up usage",
  async (_, style) => {
    const { models } = await ask({ text: "Yes, of course." }, [style], { streamUsage: false });
    expect(models).toHaveLength(1);
    expect(models[0]?.output).toEqual(outputOf("Yes, of course."));
    expect(finishOf(models[0])).toBe("stop");
    expect(models[0]?.systemState.performance).not.toHaveProperty("input_tokens");
    expect(models[0]?.systemState.performance).not.toHaveProperty("output_tokens");
  },
);

describe("an answer that is already in the cache", () => {
  test.each(["model.invoke", "model.batch"])("has the same output and says so, asked by %s", async (way) => {
    const style = plain[way] as Style;
    const cache = new InMemoryCache();
    const { models, requests } = await ask({ text: "Yes." }, [style, style], { cache });
    expect(requests).toBe(1);
    expect(models.map(({ systemState }) => systemState.run["cached"])).toEqual([undefined, true]);
    expect(models[1]?.outputReference).toBe(models[0]?.outputReference);
    expect(models[1]?.inputReference).toBe(models[0]?.inputReference);
    expect(models.map(finishOf)).toEqual(["stop", "stop"]);
  });

  test("is not used by a stream, which then says nothing of a cache", async () => {
    const cache = new InMemoryCache();
    const styles = [plain["model.invoke"], streaming["model.stream"]] as readonly Style[];
    const { models, requests } = await ask({ text: "Yes." }, styles, { cache });
    expect(requests).toBe(2);
    expect(models.map(({ systemState }) => systemState.run["cached"])).toEqual([undefined, undefined]);
    expect(models[1]?.outputReference).toBe(models[0]?.outputReference);
  });
});

test.each(Object.entries(streaming))("%s of a stream with nothing in it is one event", async (_, style) => {
  const { models } = await ask({ events: ["[DONE]"] }, [style]);
  expect(models).toHaveLength(1);
  expect(statusOf(models[0])).toMatch(/^(truncated|error:\w+)$/);
});

test.each(Object.entries(streaming))(
  "%s of a stream that stops without saying why was truncated",
  async (_, style) => {
    const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-5" };
    const delta = { role: "assistant", content: "Yes, of" };
    const cut = JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: null }] });
    const { models, errors } = await ask({ events: [cut] }, [style]);
    expect(errors).toEqual([]);
    expect(models).toHaveLength(1);
    expect(models[0]?.output).toEqual(outputOf("Yes, of"));
    expect(statusOf(models[0])).toBe("truncated");
  },
);

test("a model that never says why it stops is not cut for that in the newest event stream either", async () => {
  const { recorder, events } = startRecording();
  const model = new FakeListChatModel({ responses: ["Yes."] });
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  await drain(await agent(model).streamEvents({ messages: question }, { callbacks, version: "v3" }));
  expect((await events()).map(statusOf)).toEqual(["success", "success"]);
});

test.each(Object.entries(every))(
  "%s of an answer is one event that is kept when the call is over",
  async (_, style) => {
    const { models } = await ask({ text: "Yes." }, [style]);
    expect(models).toHaveLength(1);
    expect(models[0]?.output).toEqual(outputOf("Yes."));
    expect(finishOf(models[0])).toBe("stop");
    expect(models[0]?.systemState.performance).toMatchObject({ input_tokens: 11, output_tokens: 7 });
  },
);

async function drain(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}
