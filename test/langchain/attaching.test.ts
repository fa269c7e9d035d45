import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { registerConfigureHook, setContextVariable } from "@langchain/core/context";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent, tool } from "langchain";
import { Client } from "langsmith";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording } from "../support/recording.ts";

function setUp() {
  const recording = startRecording();
  const handler = new ComplianceGuardHandler({ recorder: recording.recorder });
  return { ...recording, handler, callbacks: [handler] };
}

const kindsOf = (events: readonly RecordedEvent[]) =>
  events.map(({ systemState }) => systemState.run["kind"]);
const question = { messages: [new HumanMessage("Refund me 500.")] };
const agentKinds = ["agent", "model", "tool", "model"];

function refundAgent(callbacks?: ComplianceGuardHandler[]) {
  const refund = tool(async () => "refunded", {
    name: "refund",
    description: "refunds",
    schema: z.object({}),
    ...(callbacks && { callbacks }),
  });
  const model = fakeModel()
    .respondWithTools([{ name: "refund", args: {}, id: "call_1" }])
    .respond(new AIMessage("Done."));
  return createAgent({ model, tools: [refund] });
}

describe("a handler", () => {
  test("given to one call sees everything below it, and nothing of the next call", async () => {
    const { callbacks, events } = setUp();
    await refundAgent().invoke(question, { callbacks });
    await refundAgent().invoke(question);
    expect(kindsOf(await events())).toEqual(agentKinds);
  });

  test("bound to an agent sees every call of it", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel().respond(new AIMessage("One.")).respond(new AIMessage("Two."));
    const agent = createAgent({ model, tools: [] }).withConfig({ callbacks });
    await agent.invoke(question);
    for await (const _ of await agent.stream(question, { streamMode: "messages" }));
    expect(kindsOf(await events())).toEqual(["agent", "model", "agent", "model"]);
  });

  test("bound to a runnable sees every call of it", async () => {
    const { callbacks, events } = setUp();
    const chain = RunnableLambda.from((text: string) => text)
      .pipe(new FakeListChatModel({ responses: ["Yes."] }))
      .withConfig({ callbacks });
    await chain.invoke("?");
    await chain.batch(["?", "?"]);
    expect(kindsOf(await events()).sort()).toEqual(["chain", "chain", "chain", "model", "model", "model"]);
  });

  test("in a model's constructor sees that model's calls alone", async () => {
    const { callbacks, events } = setUp();
    await using server = await startOpenAiServer([{ text: "Yes." }]);
    const configuration = { baseURL: server.baseURL };
    const model = new ChatOpenAI({ model: "gpt-5", apiKey: "none", configuration, callbacks });
    const chain = RunnableLambda.from((text: string) => text).pipe(model);
    await chain.invoke("?");
    await createAgent({ model, tools: [] }).invoke(question);
    expect(kindsOf(await events())).toEqual(["model", "model"]);
  });

  test("in a tool's constructor sees that tool's runs alone", async () => {
    const { callbacks, events } = setUp();
    await refundAgent(callbacks).invoke(question);
    expect(kindsOf(await events())).toEqual(["tool"]);
  });

  test("attached in every place at once makes one event a run", async () => {
    const { callbacks, events } = setUp();
    const model = new FakeListChatModel({ responses: ["Yes."], callbacks });
    await model.withConfig({ callbacks }).invoke("?", { callbacks });
    const agent = refundAgent(callbacks).withConfig({ callbacks });
    await agent.invoke(question, { callbacks });
    expect(kindsOf(await events())).toEqual(["model", ...agentKinds]);
  });

  test("twice in one list makes one event a run", async () => {
    const { handler, events } = setUp();
    await refundAgent().invoke(question, { callbacks: [handler, handler] });
    expect(kindsOf(await events())).toEqual(agentKinds);
  });
});

describe("a handler for the whole process", () => {
  /** What an application does first thing: it holds for everything that is started afterwards. */
  function attach(handler: ComplianceGuardHandler): void {
    registerConfigureHook({ contextVar: "complianceguard" });
    setContextVariable("complianceguard", handler);
  }

  test("sees every call, wherever it is made", async () => {
    const { handler, events } = setUp();
    attach(handler);
    await refundAgent().invoke(question);
    await new FakeListChatModel({ responses: ["Yes."] }).invoke("?");
    expect(kindsOf(await events())).toEqual([...agentKinds, "model"]);
  });

  test("sees the requests of a server that is started later", async () => {
    const { handler, only } = setUp();
    attach(handler);
    const model = new FakeListChatModel({ responses: ["Yes."] });
    await using server = await listening(async () => (await model.invoke("?")).text);
    expect(await (await fetch(server.url)).text()).toBe("Yes.");
    expect((await only()).systemState.run["kind"]).toBe("model");
  });

  test("and for one call makes one event a run", async () => {
    const { handler, callbacks, events } = setUp();
    attach(handler);
    await refundAgent(callbacks).invoke(question, { callbacks });
    expect(kindsOf(await events())).toEqual(agentKinds);
  });
});

describe("beside LangSmith's tracer", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("both record everything once", async () => {
    const traced: string[] = [];
    await using sink = await listening(async (body) => {
      traced.push(body);
      return "{}";
    });
    vi.stubEnv("LANGSMITH_TRACING", "true");
    vi.stubEnv("LANGSMITH_ENDPOINT", sink.url);
    vi.stubEnv("LANGSMITH_API_KEY", "none");
    const flushed = vi.spyOn(Client.prototype, "createRun");
    const { callbacks, events } = setUp();
    const agent = refundAgent(callbacks).withConfig({ callbacks });
    await agent.invoke(question, { callbacks });
    const kinds = kindsOf(await events());
    expect(kinds).toEqual(agentKinds);
    const client = flushed.mock.contexts[0] as Client;
    await client.flush();
    const text = traced.join();
    for (const name of ["FakeBuiltModel", "refund", "LangGraph"]) expect(text).toContain(name);
  });
});

/** A server on a port of its own that answers each request. */
async function listening(answer: (body: string) => Promise<string>) {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    response.end(await answer(Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: close,
  };
}
