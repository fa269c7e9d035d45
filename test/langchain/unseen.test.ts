import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Document } from "@langchain/core/documents";
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { FakeEmbeddings, FakeVectorStore } from "@langchain/core/utils/testing";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { ChatOpenAI } from "@langchain/openai";
import { tool } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { langChainModels } from "../support/langchain-models.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";
import { providerRecordings } from "../support/recordings.ts";

// The rows of the README's table of what LangChain shows to no handler. Where one of these fails, LangChain shows more
// than it did: then the row goes.

function setUp() {
  const recording = startRecording();
  return { ...recording, callbacks: [new ComplianceGuardHandler({ recorder: recording.recorder })] };
}

const kindsOf = (events: readonly RecordedEvent[]) =>
  events.map(({ systemState }) => systemState.run["kind"]);

test("a bare model's streamEvents without a version is not seen; with one it is", async () => {
  await using server = await startOpenAiServer([{ text: "Yes." }]);
  const { callbacks, events } = setUp();
  const configuration = { baseURL: server.baseURL };
  const model = new ChatOpenAI({ model: "gpt-5", apiKey: "none", configuration, callbacks });
  for await (const _ of model.streamEvents("?", { callbacks } as never));
  expect(server.requests).toHaveLength(1);
  expect(await events()).toEqual([]);
  for await (const _ of model.streamEvents("?", { callbacks, version: "v2" }));
  expect(kindsOf(await events())).toEqual(["model"]);
});

test("a RemoteGraph is not seen, nor what runs in it; a chain around it is", async () => {
  await using server = await eventServer('event: values\ndata: {"messages":[]}\n\n');
  const { callbacks, events } = setUp();
  const remote = new RemoteGraph({ graphId: "agent", url: server.url });
  expect(await remote.invoke({ messages: [] }, { callbacks })).toEqual({ messages: [] });
  expect(await events()).toEqual([]);
  await RunnableLambda.from(async (state: object) => state)
    .pipe(remote as never)
    .invoke({ messages: [] }, { callbacks });
  expect(kindsOf(await events())).toEqual(["chain"]);
});

test("embeddings are not seen, nor a direct similaritySearch; the same store as a retriever is", async () => {
  const { callbacks, events } = setUp();
  const embeddings = new FakeEmbeddings();
  await RunnableLambda.from((text: string) => embeddings.embedQuery(text)).invoke("?", { callbacks });
  expect(kindsOf(await events())).toEqual(["chain"]);
  const store = new FakeVectorStore(embeddings);
  await store.addDocuments([new Document({ pageContent: "Job 12 needs a degree." })]);
  await store.similaritySearch("requirements", 1, undefined, callbacks);
  expect(await events()).toHaveLength(1);
  await store.asRetriever().invoke("requirements", { callbacks });
  expect(kindsOf(await events())).toEqual(["chain", "retriever"]);
});

test("a tool that the provider runs is no tool run; it is in the sealed metadata of its model call", async () => {
  const recording = providerRecordings().find(({ name }) => name === "openai-file-search-tool.1.json");
  await using server = await startOpenAiServer([{ json: recording?.json }]);
  const { callbacks, only } = setUp();
  await langChainModels["openai-responses"]?.(server.baseURL).invoke("?", { callbacks });
  const event = await only();
  expect(event.systemState.run["kind"]).toBe("model");
  expect(JSON.stringify(event.metadata["provider_calls"])).toContain("file_search_call");
});

test("the retries inside a provider's class are one call; those of withRetry are one each", async () => {
  const busy = { status: 503 };
  await using server = await startOpenAiServer([busy, { text: "Yes." }, busy, { text: "Yes." }]);
  const { callbacks, events } = setUp();
  const configuration = { baseURL: server.baseURL };
  const model = (maxRetries: number) =>
    new ChatOpenAI({ model: "gpt-5", apiKey: "none", maxRetries, configuration });
  await model(1).invoke("?", { callbacks });
  expect(server.requests).toHaveLength(2);
  expect(kindsOf(await events())).toEqual(["model"]);
  await model(0).withRetry({ stopAfterAttempt: 2 }).invoke("?", { callbacks });
  expect(kindsOf(await events())).toEqual(["model", "chain", "model", "model"]);
}, 60_000);

test("a tool invoked outside an agent with arguments that do not fit its schema is not seen", async () => {
  const { callbacks, events } = setUp();
  const score = tool(async () => 7, {
    name: "score",
    description: "scores",
    schema: z.object({ id: z.number() }),
  });
  await expect(score.invoke({ id: "seven" } as never, { callbacks })).rejects.toThrow();
  expect(await events()).toEqual([]);
});

test("a function that a node calls itself is no tool run; a tool that it invokes is", async () => {
  const { callbacks, events } = setUp();
  const score = tool(async () => "7", { name: "score", description: "scores", schema: z.object({}) });
  const call = { name: "score", args: {}, id: "call_1" };
  const graph = (answer: () => Promise<string>) => {
    const model = fakeModel().respondWithTools([call]).respond(new AIMessage("Seven."));
    return new StateGraph(MessagesAnnotation)
      .addNode("ask", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addNode("score", async () => ({
        messages: [new ToolMessage({ content: await answer(), tool_call_id: "call_1" })],
      }))
      .addEdge(START, "ask")
      .addConditionalEdges("ask", ({ messages }) => (messages.length === 2 ? "score" : END))
      .addEdge("score", "ask")
      .compile();
  };
  const question = { messages: [new HumanMessage("?")] };
  await graph(async () => "7").invoke(question, { callbacks });
  expect(kindsOf(await events())).toEqual(["agent", "model", "model"]);
  await graph(() => score.invoke({})).invoke(question, { callbacks });
  expect(kindsOf(await events()).slice(3)).toEqual(["agent", "model", "tool", "model"]);
});

test("that a chain or a tool was aborted with a reason of one's own is not seen: its event has that error", async () => {
  const { callbacks, events } = setUp();
  const until = (controller: AbortController, reason?: Error) => () => {
    controller.abort(reason);
    return new Promise<string>(() => {});
  };
  const described = { name: "wait", description: "waits", schema: z.object({}) };
  for (const reason of [new RangeError("the user left"), undefined]) {
    const [first, second] = [new AbortController(), new AbortController()];
    const chain = RunnableLambda.from(until(first, reason)).invoke("?", { callbacks, signal: first.signal });
    await expect(chain).rejects.toThrow();
    const waiting = tool(until(second, reason), described);
    await expect(waiting.invoke({}, { callbacks, signal: second.signal })).rejects.toThrow();
  }
  const statuses = (await events()).map(statusOf);
  expect(statuses).toEqual(["error:RangeError", "error:RangeError", "cancelled", "cancelled"]);
});

test("with core alone, a call inside a function is not seen unless it is handed the configuration or core's context is loaded", async () => {
  const program = join(import.meta.dirname, "core-only-process.ts");
  const printed = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [program, ...args])).stdout;
  expect(await printed()).toBe("chain");
  expect(await printed("with context")).toBe("chain,model");
}, 60_000);

/** A server that answers everything with the same events. */
async function eventServer(text: string) {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
