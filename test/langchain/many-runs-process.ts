// Ten thousand runs on one handler, every third of them broken off. Run by many-runs.test.ts as a process of its own with
// `--expose-gc`; prints what became of them, and the heap on the way, as one line of JSON.
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { RunnableLambda, RunnableSequence } from "@langchain/core/runnables";
import { FakeRetriever } from "@langchain/core/utils/testing";
import { createAgent, tool } from "langchain";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import { controlTime } from "../support/controlled-time.ts";

const runCount = Number(process.argv[2]);
const comparedAt = Number(process.argv[3]);
const abandonAfterMs = 900_000;
const time = controlTime({ fromMs: 1_000 });

/** Answers in pieces; with a call of `score` where it is asked to and has no result yet. */
class ScriptedModel extends BaseChatModel {
  _llmType(): string {
    return "scripted";
  }
  override bindTools(): this {
    return this;
  }
  #answer(messages: BaseMessage[]): AIMessage {
    const asked = messages[0]?.text ?? "";
    if (asked.startsWith("fail")) throw new Error("the provider is down");
    if (!asked.startsWith("score") || messages.length > 1) return new AIMessage(`${asked} Yes.`);
    return new AIMessage({
      content: "",
      tool_calls: [{ id: `call-${asked.split(" ")[2]}`, name: "score", args: { asked } }],
    });
  }
  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const message = this.#answer(messages);
    return { generations: [{ text: message.text, message }] };
  }
  override async *_streamResponseChunks(
    messages: BaseMessage[],
    _options: unknown,
    manager?: { handleLLMNewToken: (...given: never[]) => Promise<void> },
  ): AsyncGenerator<ChatGenerationChunk> {
    const { text, tool_calls: calls = [] } = this.#answer(messages);
    const pieces = [...(text.match(/.{1,64}/gs) ?? []).map((content) => ({ content })), { content: "" }];
    for (const piece of pieces) {
      const chunks = calls.map(({ id, name, args }) => ({
        id: id ?? "",
        name,
        args: JSON.stringify(args),
        index: 0,
      }));
      const message = new AIMessageChunk({ ...piece, tool_call_chunks: chunks });
      const chunk = new ChatGenerationChunk({ text: piece.content, message });
      yield chunk;
      await manager?.handleLLMNewToken(
        ...([piece.content, {}, undefined, undefined, undefined, { chunk }] as never[]),
      );
    }
  }
}

let started = 0;
let submitted = 0;
const open = new Set<string>();
const status = async () => ({ delivered: submitted, waiting: 0, deadLetters: 0 });
const statuses: Record<string, number> = {};
const recorder = new Recorder({
  systemId: "s",
  version: "1",
  decisionClassification: "automated_decision",
  abandonAfterMs,
  sink: {
    begin: async ({ eventId }) => {
      open.add(eventId);
    },
    submit: async ({ eventId, body }) => {
      submitted += 1;
      open.delete(eventId);
      const { performance, recorder: place } = JSON.parse(Buffer.from(body).toString()).systemState;
      // Every run has the next number, whenever its event comes.
      started = Math.max(started, place.sequence);
      const how = performance.provider_status;
      statuses[how] = (statuses[how] ?? 0) + 1;
    },
    flush: status,
    close: status,
  },
});

const callbacks = process.argv[4] === "bare" ? [] : [new ComplianceGuardHandler({ recorder })];
const model = new ScriptedModel({});
const score = tool(({ asked }: { asked: string }) => `${asked} 7`, {
  name: "score",
  description: "scores",
  schema: z.object({ asked: z.string() }),
});
const agent = createAgent({ model, tools: [score] });
const chain = RunnableSequence.from([
  RunnableLambda.from((text: string) => text),
  model,
  new StringOutputParser(),
]);
const retriever = new FakeRetriever({ output: [] });

const drain = async (parts: AsyncIterable<unknown>, onPart: () => "leave" | "go on" = () => "go on") => {
  for await (const _ of parts) if (onPart() === "leave") return;
};
const abortedAgent = async (text: string) => {
  const controller = new AbortController();
  const options = { callbacks, signal: controller.signal, streamMode: "messages" } as const;
  const parts = await agent.stream({ messages: [new HumanMessage(text)] }, options);
  await drain(parts, () => {
    controller.abort();
    return "go on";
  });
};

/** Twelve ways to call, one after another; every third is broken off. */
const ways: readonly ((text: string) => Promise<unknown>)[] = [
  (text) => model.invoke(text, { callbacks }),
  async (text) => drain(await model.stream(text, { callbacks }), () => "leave"),
  (text) => agent.invoke({ messages: [new HumanMessage(`score ${text}`)] }, { callbacks }),
  async (text) => drain(await chain.stream(text, { callbacks })),
  (text) => abortedAgent(text),
  async (text) => drain(await model.stream(text, { callbacks })),
  (text) => retriever.invoke(text, { callbacks }),
  (text) => model.stream(text, { callbacks }),
  (text) => score.invoke({ asked: text }, { callbacks }),
  (text) => chain.invoke(text, { callbacks }),
  async (text) => drain(await chain.stream(text, { callbacks }), () => "leave"),
  (text) => model.invoke(`fail ${text}`, { callbacks }),
];

async function heapAfterCollection(): Promise<number> {
  time.pass(abandonAfterMs);
  await recorder.flush();
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const heap: Record<number, number> = {};
for (let index = 1; index <= runCount; index += 1) {
  const text = `question ${index} ${"of an applicant ".repeat(60)}`;
  await ways[index % ways.length]?.(text).catch(() => {});
  time.pass(abandonAfterMs / 100);
  if (index % comparedAt === 0) heap[index] = await heapAfterCollection();
}
await new Promise((resolve) => setTimeout(resolve, 50));
time.pass(abandonAfterMs);
await recorder.flush();
process.stdout.write(JSON.stringify({ heap, started, submitted, open: open.size, statuses }));
