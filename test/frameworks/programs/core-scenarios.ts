import { type EventLine, type Load, startRecording } from "./recording.ts";
import { scriptedModel } from "./scripted-model.ts";

type Scenario = (load: Load) => Promise<readonly EventLine[]>;

/** What an application does with core alone. */
export const coreScenarios: Readonly<Record<string, Scenario>> = {
  "a chain of prompt, model and parser": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    await (await answeringChain(load, "Yes, of course.")).invoke({ name: "Ada" }, { callbacks });
    return await lines();
  },

  "the same chain streamed": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const chain = await answeringChain(load, "Yes, of course.");
    for await (const _ of await chain.stream({ name: "Ada" }, { callbacks }));
    return await lines();
  },

  "a stream that its consumer walks away from": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const model = await scriptedModel(load, "Yes, of course.");
    for await (const _ of await model.stream("Well?", { callbacks })) break;
    return await lines();
  },

  "a batch": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const model = await scriptedModel(load, "One.", "Two.");
    await model.batch(["First?", "Second?"], { callbacks });
    return await lines();
  },

  "one handler in the constructor, bound and given to the call": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const model = await scriptedModel(load, "Yes.", "Yes.");
    model.callbacks = callbacks;
    await model.withConfig({ callbacks }).invoke("Well?", { callbacks });
    const chain = (await answeringChain(load, "Yes, of course.")).withConfig({ callbacks });
    await chain.invoke({ name: "Ada" }, { callbacks });
    return await lines();
  },

  "a model that fails and is tried again": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const model = await scriptedModel(load, new Error("busy"), "Yes.");
    await model.withRetry({ stopAfterAttempt: 2 }).invoke("Well?", { callbacks });
    return await lines();
  },

  "a text model": async (load) => {
    const { FakeLLM } = (await load("@langchain/core/utils/testing")) as Testing;
    const { callbacks, lines } = await startRecording(load);
    await new FakeLLM({ response: "Yes." }).invoke("Well?", { callbacks });
    return await lines();
  },

  "an answer from the cache": async (load) => {
    const { FakeListChatModel } = (await load("@langchain/core/utils/testing")) as Testing;
    const { InMemoryCache } = (await load(
      "@langchain/core/caches",
    )) as typeof import("@langchain/core/caches");
    const { callbacks, lines } = await startRecording(load);
    const model = new FakeListChatModel({ responses: ["Yes."] });
    model.cache = new InMemoryCache();
    await model.invoke("Well?", { callbacks });
    await model.invoke("Well?", { callbacks });
    return await lines();
  },

  "a retrieval": async (load) => {
    const { FakeRetriever } = (await load("@langchain/core/utils/testing")) as Testing;
    const { Document } = (await load(
      "@langchain/core/documents",
    )) as typeof import("@langchain/core/documents");
    const { callbacks, lines } = await startRecording(load);
    const output = [
      new Document({ pageContent: "Job 12 needs a degree.", metadata: { source: "jobs.pdf" } }),
    ];
    await new FakeRetriever({ output }).invoke("requirements", { callbacks });
    return await lines();
  },

  "tools outside an agent": async (load) => {
    const { tool } = (await load("@langchain/core/tools")) as typeof import("@langchain/core/tools");
    const { callbacks, lines } = await startRecording(load);
    const schema = { type: "object", properties: { id: { type: "number" } }, required: ["id"] } as const;
    const score = tool(
      async (input) => {
        const { id } = input as { readonly id: number };
        if (id > 9) throw new Error("no such applicant");
        return { score: id };
      },
      { name: "score", description: "scores", schema },
    );
    await score.invoke({ id: 7 }, { callbacks });
    await score.invoke({ type: "tool_call", id: "call_1", name: "score", args: { id: 7 } }, { callbacks });
    await score.invoke({ id: 12 }, { callbacks }).catch(() => {});
    return await lines();
  },

  "steps in parallel": async (load) => {
    const { RunnableLambda, RunnableParallel } = (await load("@langchain/core/runnables")) as Runnables;
    const { callbacks, lines } = await startRecording(load, { record: { steps: true } });
    const upper = RunnableLambda.from((text: string) => text.toUpperCase());
    await RunnableParallel.from({ left: upper, right: upper }).invoke("a", { callbacks });
    return (await lines()).toSorted((left, right) => left.output.localeCompare(right.output));
  },

  "an abort": async (load) => {
    const { RunnableLambda } = (await load("@langchain/core/runnables")) as Runnables;
    const { callbacks, lines } = await startRecording(load);
    const controller = new AbortController();
    const chain = RunnableLambda.from(async (_: string) => {
      controller.abort();
      await new Promise(() => {});
    });
    await chain.invoke("a", { callbacks, signal: controller.signal }).catch(() => {});
    return await lines();
  },
};

/** Two copies of core in one process, one calling the other. */
export const twoCopies: Scenario = async (load) => {
  const { RunnableLambda } = (await load("@langchain/core/runnables")) as Runnables;
  const { callbacks, lines } = await startRecording(load);
  const older: Load = (name) => load(name.replace("@langchain/core", "older-core"));
  const model = await scriptedModel(older, "Yes.", "Yes.");
  const chain = RunnableLambda.from(async (text: string, config) => {
    await model.invoke(text, { callbacks: config.callbacks as never });
    return (await model.invoke(text, { callbacks })).content;
  });
  await chain.invoke("Well?", { callbacks });
  return await lines();
};

type Testing = typeof import("@langchain/core/utils/testing");
type Runnables = typeof import("@langchain/core/runnables");

async function answeringChain(load: Load, answer: string) {
  const { ChatPromptTemplate } = (await load(
    "@langchain/core/prompts",
  )) as typeof import("@langchain/core/prompts");
  const { StringOutputParser } = (await load(
    "@langchain/core/output_parsers",
  )) as typeof import("@langchain/core/output_parsers");
  const prompt = ChatPromptTemplate.fromMessages([
    ["system", "You screen applications."],
    ["human", "{name}?"],
  ]);
  return prompt.pipe(await scriptedModel(load, answer)).pipe(new StringOutputParser());
}
