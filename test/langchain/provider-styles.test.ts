import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { HumanMessage } from "@langchain/core/messages";
import { createAgent } from "langchain";
import { beforeAll, expect, test, vi } from "vitest";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { langChainModels } from "../support/langchain-models.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { streamEncoders } from "../support/provider-streams.ts";
import { type RecordedEvent, startRecording } from "../support/recording.ts";
import { type ProviderRecording, providerRecordings } from "../support/recordings.ts";

type Style = (model: BaseChatModel, question: string, options: object) => Promise<unknown>;

/** Ways to ask a model that stream its answer, and ways that do not. */
const streaming: Readonly<Record<string, Style>> = {
  "model.stream": async (model, question, options) => drain(await model.stream(question, options)),
  "model.streamEvents v2": (model, question, options) =>
    drain(model.streamEvents(question, { ...options, version: "v2" })),
  "content blocks, streamed": async (model, question, options) =>
    drain(await model.stream(question, { ...options, outputVersion: "v1" } as never)),
  "agent.stream messages": async (model, question, options) =>
    drain(await agent(model).stream(asked(question), { ...options, streamMode: "messages" })),
  "agent.streamEvents v2": (model, question, options) =>
    drain(agent(model).streamEvents(asked(question), { ...options, version: "v2" })),
  "agent.streamEvents v3": async (model, question, options) =>
    drain(await agent(model).streamEvents(asked(question), { ...options, version: "v3" })),
};
const plain: Readonly<Record<string, Style>> = {
  "model.invoke": (model, question, options) => model.invoke(question, options),
  "model.batch": (model, question, options) => model.batch([question], options),
  "content blocks": (model, question, options) =>
    model.invoke(question, { ...options, outputVersion: "v1" } as never),
  "agent.invoke": (model, question, options) => agent(model).invoke(asked(question), options),
  "agent.stream updates": async (model, question, options) =>
    drain(await agent(model).stream(asked(question), { ...options, streamMode: "updates" })),
};

/** The model call's event of an answer asked for in one style. A second call, after tools, is refused. */
async function record(provider: string, answer: ScriptedAnswer, style: Style): Promise<RecordedEvent> {
  let count = 0;
  await using server = await startOpenAiServer(() => {
    count += 1;
    return count === 1 ? answer : { status: 500 };
  });
  const { recorder, events } = startRecording();
  const model = langChainModels[provider]?.(server.baseURL) as BaseChatModel;
  await style(model, "?", { callbacks: [new ComplianceGuardHandler({ recorder })] }).catch(() => {});
  const [event] = (await events()).filter(({ actor }) => actor?.type === "model");
  return event as RecordedEvent;
}

/** What one answer must be in every style. LangChain makes up ids for Google's calls, so there the parts are compared. */
function facts(event: RecordedEvent, provider: string): object {
  const { output, outputReference, systemState, modelId } = event;
  const parts = JSON.stringify(output).replaceAll(/"id":"[^"]*"/g, '"id":"made up"');
  return {
    output: provider === "google" ? parts : outputReference,
    modelId,
    status: systemState.performance["provider_status"],
    finishReason: systemState.run["finish_reason"],
    outputTokens: systemState.performance["output_tokens"],
  };
}

// The last two are several responses after one another.
const isAnswer = ({ name }: ProviderRecording) =>
  !/error|429|legacy|encrypted-content.1.chunks|wrapper.1.chunks/.test(name);
const recordings = providerRecordings().filter(isAnswer);
const bodies = recordings.filter(({ json }) => json !== undefined);

beforeAll(() => {
  for (const method of ["warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

test("the recordings are of at least five providers", () => {
  expect(new Set(bodies.map(({ provider }) => provider)).size).toBeGreaterThanOrEqual(5);
});

/** What the newest event stream does not show, so that no record could: LangChain reports Anthropic's refusal as a plain stop. */
const exceptions: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  "anthropic-refusal": { "agent.streamEvents v3": { finishReason: "stop" } },
};

/** Asks in every given style and holds what is recorded against what the first of them gave. */
async function compare(
  { provider, name }: ProviderRecording,
  answer: ScriptedAnswer,
  styles: Readonly<Record<string, Style>>,
): Promise<void> {
  const found = new Map<string, object>();
  for (const [way, style] of Object.entries(styles))
    found.set(way, facts(await record(provider, answer, style), provider));
  const [first] = found.values();
  const known = exceptions[name.split(".")[0] ?? ""];
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries([...found.keys()].map((way) => [way, { ...first, ...known?.[way] }])),
  );
}

const isChat = (provider: string) => ["openai", "openai-compatible", "deepseek"].includes(provider);
const ended = (provider: string, events: readonly string[]) =>
  isChat(provider) && events.at(-1) !== "[DONE]" ? [...events, "[DONE]"] : events;

test.each(bodies)(
  "$provider: $name has one reference, finish reason and usage in every style of call",
  async (recording) => {
    const { provider, json } = recording;
    const pieces = (whole: string) => whole.match(/.{1,7}/gsu) ?? [];
    const events = ended(provider, streamEncoders[provider]?.(json as never, pieces) ?? []);
    await compare(recording, { json, events }, { ...plain, ...streaming });
  },
);

test.each(recordings.filter(({ events }) => events !== undefined))(
  "$provider: $name has one reference, finish reason and usage in every style that streams",
  async (recording) => {
    await compare(recording, { events: ended(recording.provider, recording.events ?? []) }, streaming);
  },
);

const agent = (model: BaseChatModel) => createAgent({ model, tools: [] });
const asked = (question: string) => ({ messages: [new HumanMessage(question)] });

async function drain(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}
