import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { expect, test } from "vitest";
import type { OutgoingEvent } from "../../src/core/event-sink.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { Recorder } from "../../src/recorder/recorder.ts";

/** A recorder whose sink keeps an event some turns after it was handed over. */
function setUp() {
  const pending = new Set<string>();
  const kept: string[] = [];
  let mostPending = 0;
  const status = { delivered: 0, waiting: 0, deadLetters: 0 };
  const sink = {
    async submit({ eventId, body }: OutgoingEvent) {
      pending.add(eventId);
      mostPending = Math.max(mostPending, pending.size);
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      pending.delete(eventId);
      kept.push(JSON.parse(Buffer.from(body).toString("utf8")).systemState.run.kind);
    },
    flush: async () => status,
    close: async () => status,
  };
  const recorder = new Recorder({
    systemId: "tests",
    version: "1",
    decisionClassification: "automated_decision",
    sink,
  });
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  return { callbacks, kept, mostPending: () => mostPending };
}

const prompt = ChatPromptTemplate.fromMessages([["human", "{input}"]]);
const model = () => new FakeListChatModel({ responses: ["An answer."] });

test("a sequence has returned when the events of all its steps are kept, which go out together", async () => {
  const { callbacks, kept, mostPending } = setUp();
  const chain = prompt.pipe(model()).pipe(new StringOutputParser());
  await chain.invoke({ input: "A question?" }, { callbacks });
  expect(kept.toSorted()).toEqual(["chain", "model"]);
  expect(mostPending()).toBe(2);
});

test("a step that may do something finds the events of the steps before it kept", async () => {
  const { callbacks, kept } = setUp();
  const seen: string[][] = [];
  const act = RunnableLambda.from((text: string) => {
    seen.push([...kept]);
    return text;
  });
  const chain = prompt.pipe(model()).pipe(new StringOutputParser()).pipe(act);
  await chain.invoke({ input: "A question?" }, { callbacks });
  expect(seen).toEqual([["model"]]);
});

test("a model called inside the application's own function is kept when the call returns", async () => {
  const { callbacks, kept } = setUp();
  const seen: string[][] = [];
  const own = RunnableLambda.from(async (text: string, config) => {
    const answer = await model().invoke(text, config);
    seen.push([...kept]);
    return answer.text;
  });
  await prompt
    .pipe((value) => value.toString())
    .pipe(own)
    .invoke({ input: "A question?" }, { callbacks });
  expect(seen).toEqual([["model"]]);
});

test("a sequence inside a sequence is waited for by the outer one", async () => {
  const { callbacks, kept } = setUp();
  const inner = prompt.pipe(model()).withConfig({ runName: "inner" });
  const outer = RunnableLambda.from((input: string) => ({ input }))
    .pipe(inner)
    .pipe(new StringOutputParser());
  await outer.invoke("A question?", { callbacks });
  expect(kept.toSorted()).toEqual(["chain", "model"]);
});

test("a step that fails is kept when the sequence has failed", async () => {
  const { callbacks, kept } = setUp();
  const failing = RunnableLambda.from(() => {
    throw new Error("no");
  });
  const chain = prompt.pipe(model()).pipe(failing);
  await expect(chain.invoke({ input: "A question?" }, { callbacks })).rejects.toThrow("no");
  expect(kept.toSorted()).toEqual(["chain", "model"]);
});
