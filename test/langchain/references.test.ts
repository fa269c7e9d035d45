import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { EventBody } from "../../src/core/event.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import { type ChatMessage, captureVectors } from "../support/capture-vectors.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";

/** Every way to ask a model that LangChain has, each to its end. */
const ways: Readonly<
  Record<string, (model: ChatOpenAI, messages: BaseMessage[], options: object) => unknown>
> = {
  "model.invoke": (model, messages, options) => model.invoke(messages, options),
  "model.stream": async (model, messages, options) => drain(await model.stream(messages, options)),
  "model.batch": (model, messages, options) => model.batch([messages], options),
  "model.generate": (model, messages, options) => model.generate([messages], options),
  "model.streamEvents v2": (model, messages, options) =>
    drain(model.streamEvents(messages, { ...options, version: "v2" })),
  "standard content blocks": (model, messages, options) =>
    model.invoke(messages, { ...options, outputVersion: "v1" }),
  "standard content blocks, streamed": async (model, messages, options) =>
    drain(await model.stream(messages, { ...options, outputVersion: "v1" })),
  "agent.invoke": (model, messages, options) => agent(model).invoke({ messages }, options),
  "agent.stream updates": async (model, messages, options) =>
    drain(await agent(model).stream({ messages }, { ...options, streamMode: "updates" })),
  "agent.stream messages": async (model, messages, options) =>
    drain(await agent(model).stream({ messages }, { ...options, streamMode: "messages" })),
  "agent.streamEvents v2": (model, messages, options) =>
    drain(agent(model).streamEvents({ messages }, { ...options, version: "v2" })),
  "agent.streamEvents v3": async (model, messages, options) =>
    drain(await agent(model).streamEvents({ messages }, { ...options, version: "v3" })),
};

// LangChain advises its own users on the console.
beforeAll(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));

describe.each(Object.keys(ways))("asked by %s", (way) => {
  test.each(captureVectors())("$name", async ({ conversation, answer, inputReference, outputReference }) => {
    await using server = await startOpenAiServer([scripted(answer), { text: "Done." }]);
    const sink = memorySink();
    const recorder = new Recorder({
      sink,
      systemId: "cv-screening-prod",
      version: "1",
      decisionClassification: "automated_decision",
    });
    const model = new ChatOpenAI({
      model: "gpt-5",
      apiKey: "none",
      configuration: { baseURL: server.baseURL },
    });
    await ways[way]?.(model, conversation.map(langChainMessage), {
      callbacks: [new ComplianceGuardHandler({ recorder })],
    });
    await recorder.flush();
    expect(sink.open.size).toBe(0);
    const [event] = sink.events.filter(({ actor }) => actor?.type === "model");
    expect(references(event)).toEqual({ inputReference, outputReference });
    expect(event?.systemState?.["run"]).toMatchObject({
      finish_reason: answer.tool_calls === undefined ? "stop" : "tool_calls",
    });
    expect(event?.systemState?.["performance"]).toMatchObject({ input_tokens: 11, output_tokens: 7 });
  });
});

function references(event: EventBody | undefined) {
  return { inputReference: event?.inputReference, outputReference: event?.outputReference };
}

function scripted({ content, tool_calls: calls }: ChatMessage): ScriptedAnswer {
  const text = typeof content === "string" ? { text: content } : {};
  const toolCalls = calls?.map(({ id, function: called }) => ({ id, ...called }));
  return toolCalls ? { ...text, toolCalls } : text;
}

function langChainMessage(message: ChatMessage): BaseMessage {
  const content = (message.content ?? "") as string;
  switch (message.role) {
    case "system":
      return new SystemMessage({ content });
    case "user":
      return new HumanMessage({ content });
    case "tool":
      return new ToolMessage({ content, tool_call_id: message.tool_call_id ?? "" });
    case "assistant": {
      const calls = message.tool_calls ?? [];
      const tool_calls = calls.map((call) => ({
        id: call.id,
        name: call.function.name,
        args: JSON.parse(call.function.arguments),
      }));
      return new AIMessage({ content, tool_calls });
    }
  }
}

function agent(model: ChatOpenAI) {
  return createAgent({ model, tools: [] });
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
