import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { interrupt, MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent, tool } from "langchain";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { startRecording } from "../support/recording.ts";
import { providerRecordings } from "../support/recordings.ts";

// Sealed or not: what is a credential, a function or somebody's error object has no place in a record.

const canary = "canary-4e1c";

beforeEach(() => {
  for (const method of ["warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

/** Everything recorded, opened: the clear fields, the content and the metadata. */
function setUp() {
  const recording = startRecording({ record: { steps: true } });
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  const opened = async () => JSON.stringify(await recording.events());
  return { ...recording, callbacks, opened };
}

test("what a model was constructed with: headers, keys, addresses", async () => {
  await using server = await startOpenAiServer([{ text: "Yes." }]);
  const { callbacks, opened } = setUp();
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: `${canary}-key`,
    configuration: {
      baseURL: `${server.baseURL}?${canary}-query`,
      defaultHeaders: { authorization: `${canary}-header`, "x-api-key": `${canary}-header` },
    },
  });
  await RunnableLambda.from((text: string) => text)
    .pipe(model)
    .invoke("?", { callbacks });
  expect(JSON.stringify(model.toJSON())).toContain(`${canary}-header`);
  expect(server.requests[0]?.headers).toMatchObject({ authorization: `${canary}-header` });
  expect(await opened()).toContain('"Yes."');
  expect(await opened()).not.toContain(canary);
});

test("the options of a call: headers, and tools with the credentials of their servers", async () => {
  const recording = providerRecordings().find(({ name }) => name === "openai-mcp-tool-approval.1.json");
  await using server = await startOpenAiServer([{ json: recording?.json }]);
  const { callbacks, opened } = setUp();
  const configuration = { baseURL: server.baseURL };
  const model = new ChatOpenAI({ model: "gpt-5", apiKey: "none", topP: 0.25, configuration });
  // LangChain takes off the headers itself, but not what the server's address carries.
  const headers = { authorization: `${canary}-tool` };
  const served = { type: "mcp", server_label: "jobs", headers, server_url: `https://jobs/?key=${canary}` };
  await model
    .bindTools([served as never])
    .withConfig({ options: { headers: { authorization: `${canary}-option` } } } as never)
    .invoke("?", { callbacks });
  expect(server.requests[0]?.headers).toMatchObject({ authorization: `${canary}-option` });
  expect(JSON.stringify(server.requests[0]?.body)).toContain(`${canary}-tool`);
  expect(await opened()).toContain('"top_p":0.25');
  expect(await opened()).not.toContain(canary);
});

describe("an error object", () => {
  test("of a provider, with its headers and its body", async () => {
    await using server = await startOpenAiServer([
      { status: 400, error: { message: canary, param: canary } },
    ]);
    const { callbacks, opened } = setUp();
    const configuration = { baseURL: server.baseURL };
    const model = new ChatOpenAI({ model: "gpt-5", apiKey: "none", maxRetries: 0, configuration });
    await expect(model.invoke("?", { callbacks })).rejects.toMatchObject({ param: canary });
    expect(await opened()).toContain('"provider_status":"400"');
    expect(await opened()).not.toContain(canary);
  });

  test("of a chain, with its cause, its stack and its own members", async () => {
    const { callbacks, opened } = setUp();
    const chain = RunnableLambda.from(() => {
      throw Object.assign(new Error(canary, { cause: new Error(canary) }), { request: { headers: canary } });
    });
    await expect(chain.invoke("?", { callbacks })).rejects.toThrow(canary);
    expect(await opened()).toContain('"provider_status":"error:Error"');
    expect(await opened()).not.toContain(canary);
  });

  test("of a tool in an agent: the model was shown its text, nothing else is recorded of it", async () => {
    const { callbacks, opened } = setUp();
    const score = tool(
      () => {
        throw Object.assign(new Error("no such applicant"), { response: { headers: canary } });
      },
      { name: "score", description: "scores", schema: z.object({}) },
    );
    const model = fakeModel()
      .respondWithTools([{ name: "score", args: {}, id: "call_1" }])
      .respond(new AIMessage("Sorry."));
    await createAgent({ model, tools: [score] }).invoke({ messages: [new HumanMessage("?")] }, { callbacks });
    expect(await opened()).toContain("no such applicant");
    expect(await opened()).not.toContain(canary);
  });

  test("of a tool's schema, whose output repeats the arguments", async () => {
    const { callbacks, opened } = setUp();
    const score = tool(async () => 7, {
      name: "score",
      description: "scores",
      schema: z.object({ id: z.number() }),
    });
    const chain = RunnableLambda.from(() => score.invoke({ id: canary } as never));
    const refused = await chain.invoke("?", { callbacks }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ output: expect.stringContaining(canary) });
    expect(await opened()).toContain('"provider_status":"error:');
    expect(await opened()).not.toContain(canary);
  });

  test("of an interrupt: what a person is asked is in the request for review, sealed, and nowhere else", async () => {
    const { callbacks, events, sink } = setUp();
    const ask = tool(async () => String(interrupt({ question: canary })), {
      name: "ask",
      description: "asks",
      schema: z.object({}),
    });
    const model = fakeModel().respondWithTools([{ name: "ask", args: {}, id: "call_1" }]);
    const agent = createAgent({ model, tools: [ask], checkpointer: new MemorySaver() });
    const config = { callbacks, configurable: { thread_id: "t1" } };
    await agent.invoke({ messages: [new HumanMessage("?")] }, config);
    const all = await events();
    expect(JSON.stringify(all)).toContain('"provider_status":"interrupted"');
    const asking = all.filter((event) => JSON.stringify(event).includes(canary));
    expect(asking).toMatchObject([{ humanOversight: { decision: "pending" } }]);
    expect(JSON.stringify(sink.events)).not.toContain(canary);
  });
});
