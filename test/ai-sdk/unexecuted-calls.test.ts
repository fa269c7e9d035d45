import { describe, expect, test } from "vitest";
import { z } from "zod";
import { complianceGuardMiddleware, recordTools, recordUnexecutedCalls } from "../../src/ai-sdk/index.ts";
import { reference } from "../../src/core/digest.ts";
import { collect, type Sdk, sdks } from "../support/ai-sdks.ts";
import { busyError } from "../support/busy-provider.ts";
import { type RecordedEvent, type Recording, startRecording, statusOf } from "../support/recording.ts";
import { type ModelAnswer, scriptedModel } from "../support/scripted-model.ts";

const asks = (toolName: string, input: string, id = "call_1"): ModelAnswer => ({
  content: [{ type: "tool-call", toolCallId: id, toolName, input }],
  finish: "tool-calls",
});
const kindsOf = (events: readonly RecordedEvent[]) =>
  events.map(({ systemState }) => systemState.run["kind"]);

describe.each(sdks)("$name", ({ sdk, version, release }) => {
  const inputSchema = z.object({ id: z.number() });

  function setUp(
    answers: readonly ModelAnswer[],
    tool: object = {},
    recording: Recording = startRecording(),
  ) {
    const { recorder } = recording;
    const score = sdk.tool({ description: "Scores.", inputSchema, execute: async () => "0.82", ...tool });
    const tools = recordTools({ score }, { recorder });
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, answers),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    return { ...recording, question: { model, tools, prompt: "Q", stopWhen: sdk.stepCountIs(5) } };
  }

  type Setting = ReturnType<typeof setUp>;
  const plainly = async ({ question }: Setting) => void (await sdk.generateText(question));
  const streamed = async ({ question }: Setting) =>
    void (await collect(sdk.streamText({ ...question, onError: () => {} }).fullStream));

  if (release === "5.0.0") {
    test("a call with invalid arguments ends the loop with an error and shows nowhere else", async () => {
      const setting = setUp([asks("score", '{"id":"seven"}'), {}]);
      await expect(plainly(setting)).rejects.toThrow(/Invalid input for tool score/);
      expect(kindsOf(await setting.events())).toEqual(["model"]);
    });
    return;
  }

  test.each([
    ["of another type", '{"id":"seven"}', { id: "seven" }, plainly],
    ["of another type, streamed", '{"id":"seven"}', { id: "seven" }, streamed],
    ["that are not JSON", '{"id":', '{"id":', plainly],
    ["that are not JSON, streamed", '{"id":', '{"id":', streamed],
  ])(
    "a call with invalid arguments, %s, is one event, of a tool that did not run",
    async (_, input, args, ask) => {
      const setting = setUp([asks("score", input), {}]);
      await ask(setting);
      const [asked, call, answered, ...others] = await setting.events();
      expect(others).toEqual([]);
      expect(statusOf(call)).toBe("error:ToolNotExecuted");
      expect(call).toMatchObject({
        actor: { type: "tool", name: "score" },
        modelId: asked?.modelId,
        correlationId: asked?.correlationId,
        input: { name: "score", arguments: args },
        metadata: { tool_call_id: "call_1", executed: false },
      });
      expect(call?.systemState.run).toMatchObject({ kind: "tool", framework: "ai", root_id: asked?.eventId });
      expect(call?.systemState.run["framework_version"]).toBe(asked?.systemState.run["framework_version"]);
      expect(call?.systemState.run["arguments_modified"]).toBeUndefined();
      expect(call?.output.result).toMatch(/Invalid input for tool score/);
      expect(answered?.input.messages.at(-1)).toMatchObject({ parts: [{ response: call?.output.result }] });
    },
  );

  test.each([
    ["of invalid arguments", asks("score", '{"id":"seven"}'), { id: "seven" }, "score"],
    ["that is no JSON", asks("score", '{"id":'), '{"id":', "score"],
    ["of an unknown tool", asks("delete_applicant", '{"id":7}'), { id: 7 }, "unknown_tool"],
  ])(
    "a call %s in the last step is one event once its messages are handed over",
    async (_, answer, args, name) => {
      for (const ask of [finalMessages, finalMessagesStreamed]) {
        const { question, recorder, events } = setUp([answer]);
        const messages = await ask(sdk, { ...question, stopWhen: sdk.stepCountIs(1) }, (given) =>
          recordUnexecutedCalls(given, { recorder }),
        );
        await recordUnexecutedCalls(messages, { recorder });
        // The next request tells the model of it, which is no further event.
        await question.model.doGenerate({ prompt: [...asked(), ...messages] });
        const [proposed, call, , ...others] = await events();
        expect(others).toEqual([]);
        expect(call).toMatchObject({
          actor: { type: "tool", name },
          correlationId: proposed?.correlationId,
          input: { arguments: args },
          metadata: { tool_call_id: "call_1", executed: false },
          systemState: { run: { root_id: proposed?.eventId } },
        });
        expect(statusOf(call)).toBe("error:ToolNotExecuted");
      }
    },
  );

  test("messages handed over the moment a stream ends are held against all of it, and kept when that resolves", async () => {
    const kept = Promise.withResolvers<void>();
    const sink = startRecording().sink;
    const submit = async (event: never) => {
      await kept.promise;
      await sink.submit(event);
    };
    const { question, recorder } = setUp(
      [asks("score", '{"id":')],
      {},
      startRecording({ sink: { ...sink, submit } as never, keys: undefined }),
    );
    const tools = [{ type: "function", name: "score", inputSchema: {} }];
    const reader = (await question.model.doStream({ prompt: [], tools })).stream.getReader();
    while (((await reader.read()).value as { type: string }).type !== "finish");
    // As ai 6 and 7 tell of what did not parse.
    const call = { type: "tool-call", toolCallId: "call_1", toolName: "score", input: {} };
    const messages = [{ role: "assistant", content: [call] }, answer("score", errorText("Invalid input"))];
    let isKept = false;
    const recorded = recordUnexecutedCalls(messages, { recorder }).then(() => (isKept = true));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(isKept).toBe(false);
    kept.resolve();
    await recorded;
    const run = sink.events.find(({ actor }) => actor?.type === "tool");
    expect(run?.inputReference).toBe(reference({ name: "score", arguments: '{"id":' }));
  });

  test("handed over, a call that ran is no further event, nor one that no recorded model asked for", async () => {
    const execute = async () => {
      throw new RangeError("no such applicant");
    };
    const { question, recorder, events } = setUp([asks("score", '{"id":7}')], { execute });
    const { response } = await sdk.generateText({ ...question, stopWhen: sdk.stepCountIs(1) });
    await recordUnexecutedCalls(response.messages, { recorder });
    await recordUnexecutedCalls([answer("score", errorText("Invalid input"))], startRecording());
    await recordUnexecutedCalls(undefined as never, { recorder });
    expect((await events()).map(statusOf)).toEqual(["success", "error:RangeError"]);
  });

  test("a call of an unknown tool is one event, and the name the model made up is not in clear", async () => {
    const setting = setUp([asks("delete_applicant", '{"id":7}'), {}]);
    await plainly(setting);
    const [, call, , ...others] = await setting.events();
    expect(others).toEqual([]);
    expect(statusOf(call)).toBe("error:ToolNotExecuted");
    expect(call?.actor).toEqual({ type: "tool", name: "unknown_tool" });
    expect(call?.input).toEqual({ name: "delete_applicant", arguments: { id: 7 } });
    const { input: _, output: __, metadata: ___, payload: ____, ...clear } = call as RecordedEvent;
    expect(JSON.stringify(clear)).not.toContain("delete_applicant");
  });

  test.each(["constructor", "toString", "__proto__"])(
    "%s as the name of a tool that does not exist",
    async (name) => {
      const setting = setUp([asks(name, '{"id":7}'), {}]);
      await plainly(setting);
      // Earlier versions take the name for a tool of the client's, whose result they wait for: nothing more happens.
      expect(kindsOf(await setting.events())).toEqual(
        version === "v4" && release !== "7.0.0" ? ["model", "tool", "model"] : ["model"],
      );
    },
  );

  test("the same call told to the model again, in later steps and attempts, is no further event", async () => {
    const busy = { error: busyError() };
    const answers = [asks("score", "[]"), busy, asks("score", "[1]", "call_2"), {}];
    const setting = setUp(answers);
    await plainly(setting);
    const events = await setting.events();
    expect(kindsOf(events)).toEqual(["model", "tool", "model", "model", "tool", "model"]);
    expect(events.filter(({ systemState }) => systemState.run["kind"] === "tool").map(statusOf)).toEqual([
      "error:ToolNotExecuted",
      "error:ToolNotExecuted",
    ]);
  });

  test("a provider's id that returns with another call is a call of its own", async () => {
    const setting = setUp([
      asks("score", '{"id":'),
      asks("score", "[1]"),
      asks("score", "[2]"),
      asks("score", '{"id":7}'),
      {},
    ]);
    await plainly({ ...setting, question: { ...setting.question, stopWhen: sdk.stepCountIs(6) } });
    const calls = (await setting.events()).filter(({ actor }) => actor?.type === "tool");
    expect(calls.map(statusOf)).toEqual([...Array(3).fill("error:ToolNotExecuted"), "success"]);
    expect(calls.map(({ input }) => input["arguments"])).toEqual(['{"id":', [1], [2], { id: 7 }]);
  });

  test("a result that the application gives in place of a recorded tool is no event", async () => {
    const { question, events } = setUp([asks("score", '{"id":7}'), {}]);
    const { model } = question;
    const tools = [{ type: "function", name: "score", inputSchema: {} }];
    await model.doGenerate({ prompt: [], tools });
    const output = { type: "json", value: { score: 0.82 } };
    const call = { type: "tool-call", toolCallId: "call_1", toolName: "score", input: { id: 7 } };
    await model.doGenerate({
      prompt: [{ role: "assistant", content: [call] }, answer("score", output)],
      tools,
    });
    expect(kindsOf(await events())).toEqual(["model", "model"]);
  });

  test.each([
    ["an error", new RangeError("no such applicant"), "error:RangeError"],
    ["text", "no such applicant", "error:Error"],
    ["nothing", undefined, "error:Error"],
    ["null", null, "error:Error"],
  ])("a tool that throws %s did run: its one event says so", async (_, thrown, status) => {
    const execute = async () => {
      throw thrown;
    };
    const setting = setUp([asks("score", '{"id":7}'), {}], { execute });
    await plainly(setting).catch(() => {});
    const tools = (await setting.events()).filter(({ actor }) => actor?.type === "tool");
    expect(tools.map(statusOf)).toEqual([status]);
    expect(tools[0]?.input).toEqual({ name: "score", arguments: { id: 7 } });
  });

  test("a tool that nobody records may have run: its error is no event", async () => {
    const { question, events } = setUp([asks("lookup", '{"id":7}'), {}]);
    const execute = async () => {
      throw new RangeError("no such applicant");
    };
    const lookup = sdk.tool({ description: "Looks up.", inputSchema, execute });
    await sdk.generateText({ ...question, tools: { ...question.tools, lookup } });
    expect(kindsOf(await events())).toEqual(["model", "model"]);
  });

  test("a tool of the client's that fails there is no event", async () => {
    const { question, recorder, events } = setUp([asks("locate", '{"id":7}'), {}]);
    const tools = recordTools({ locate: sdk.tool({ description: "Locates.", inputSchema }) }, { recorder });
    const { response } = await sdk.generateText({ ...question, tools });
    const messages = [...asked(), ...response.messages, answer("locate", errorText("no signal"))];
    await sdk.generateText({ ...question, tools, prompt: undefined, messages });
    expect(kindsOf(await events())).toEqual(["model", "model"]);
  });

  test("a history from elsewhere is no event: nobody knows whether its tools ran", async () => {
    const { question, events } = setUp([{}]);
    const call = { type: "tool-call", toolCallId: "call_1", toolName: "score", input: { id: "seven" } };
    const messages = [
      ...asked(),
      { role: "assistant", content: [call] },
      answer("score", errorText("Invalid input for tool score")),
    ];
    await sdk.generateText({ ...question, prompt: undefined, messages });
    expect(kindsOf(await events())).toEqual(["model"]);
  });

  test("a call the provider executed itself, and failed, is no tool run but in the metadata of its model call", async () => {
    const call = { toolCallId: "srv_1", toolName: "web_search", providerExecuted: true };
    const content = [
      { type: "tool-call", ...call, input: '{"query":"applicant 7"}', dynamic: true },
      { type: "tool-result", ...call, result: "unavailable", isError: true, dynamic: true },
      { type: "text", text: "Nothing found." },
    ];
    const type = version === "v2" ? "provider-defined" : "provider";
    const webSearch = { type, id: "scripted.web_search", name: "web_search", args: {}, inputSchema: z.any() };
    for (const ask of [plainly, streamed]) {
      const setting = setUp([{ content }]);
      const tools = recordTools({ web_search: webSearch }, setting);
      expect(tools.web_search).toBe(webSearch);
      await ask({ ...setting, question: { ...setting.question, tools: tools as never } });
      const event = await setting.only();
      // Nobody waits for its run, however it is told of later.
      expect(setting.recorder.callOf("srv_1")).toBeUndefined();
      expect(event.metadata["provider_calls"]).toEqual([
        {
          id: "srv_1",
          name: "web_search",
          input: '{"query":"applicant 7"}',
          result: "unavailable",
          is_error: true,
        },
      ]);
      expect(event.output.messages).toEqual([
        { role: "assistant", parts: [{ type: "text", content: "Nothing found." }] },
      ]);
    }
  });

  if (version === "v2") return;

  test.each(["score", "lookup"])("a denied call of %s is one event, recorded tool or not", async (name) => {
    const setting = setUp([asks(name, '{"id":7}'), {}], { needsApproval: true });
    const { events } = setting;
    const lookup = scoreTool(sdk, { needsApproval: true });
    const question = { ...setting.question, tools: { ...setting.question.tools, lookup } };
    const { response } = await sdk.generateText(question);
    const messages = [...asked(), ...response.messages, denial(response.messages)];
    await sdk.generateText({ ...question, prompt: undefined, messages });
    const [, call, , ...others] = await events();
    expect(others).toEqual([]);
    expect(statusOf(call)).toBe("error:ToolNotExecuted");
    expect(call).toMatchObject({
      actor: { name },
      input: { name, arguments: { id: 7 } },
      output: { result: "not this one" },
    });
  });

  if (version === "v3") return;

  test("a call that a policy denied is one event, of a tool that did not run", async () => {
    const setting = setUp([asks("score", '{"id":7}'), {}]);
    await sdk.generateText({ ...setting.question, toolApproval: { score: "denied" } });
    expect((await setting.events()).map(statusOf)).toEqual(["success", "error:ToolNotExecuted", "success"]);
  });
});

test("arguments that do not parse are kept for a hundred calls and no more", async () => {
  const [{ sdk, version }] = sdks.slice(-1) as [(typeof sdks)[number]];
  const { recorder, events } = startRecording();
  const tools = recordTools({ score: scoreTool(sdk) }, { recorder });
  const content = Array.from({ length: 101 }, (_, index) => ({
    type: "tool-call",
    toolCallId: `call_${index}`,
    toolName: "score",
    input: `{"id":${index}`,
  }));
  const model = sdk.wrapLanguageModel({
    model: scriptedModel(version, [{ content, finish: "tool-calls" }, {}]),
    middleware: complianceGuardMiddleware({ recorder }),
  });
  await sdk.generateText({ model, tools, prompt: "Q", stopWhen: sdk.stepCountIs(2) });
  const calls = (await events()).filter(({ actor }) => actor?.type === "tool");
  expect(calls).toHaveLength(101);
  expect(calls[0]?.input).toEqual({ name: "score", arguments: {} });
  expect(calls[1]?.input).toEqual({ name: "score", arguments: '{"id":1' });
  expect(calls[100]?.input).toEqual({ name: "score", arguments: '{"id":100' });
});

test("without a recorder it is refused", async () => {
  await expect(recordUnexecutedCalls([], {} as never)).rejects.toMatchObject({ code: "invalid_option" });
});

/** The messages of a plain call, handed over when it has returned. */
async function finalMessages(sdk: Sdk, question: object, handOver: HandOver): Promise<readonly object[]> {
  const { response } = await sdk.generateText({ ...question });
  await handOver(response.messages);
  return response.messages as readonly object[];
}

/** The messages of a stream, handed over as it finishes. */
async function finalMessagesStreamed(
  sdk: Sdk,
  question: object,
  handOver: HandOver,
): Promise<readonly object[]> {
  let messages: readonly object[] = [];
  const onFinish = ({ response }: { readonly response: { readonly messages: readonly object[] } }) => {
    messages = response.messages;
    return handOver(messages);
  };
  await collect(sdk.streamText({ ...question, onFinish }).fullStream);
  return messages;
}

type HandOver = (messages: readonly unknown[]) => Promise<void>;

function asked(): object[] {
  return [{ role: "user", content: "Q" }];
}

function errorText(value: string): object {
  return { type: "error-text", value };
}

function answer(toolName: string, output: object): object {
  return { role: "tool", content: [{ type: "tool-result", toolCallId: "call_1", toolName, output }] };
}

/** A person's answer to the approval that the messages ask for. */
function denial(messages: readonly unknown[]): object {
  const parts = (messages as { content: { type: string; approvalId?: string }[] }[]).flatMap(
    ({ content }) => content,
  );
  const approvalId = parts.find(({ type }) => type === "tool-approval-request")?.approvalId;
  const response = { type: "tool-approval-response", approvalId, approved: false, reason: "not this one" };
  return { role: "tool", content: [response] };
}

function scoreTool(sdk: Sdk, more: object = {}): object {
  return sdk.tool({
    ...more,
    description: "Scores.",
    inputSchema: z.object({ id: z.number() }),
    execute: async () => "0.82",
  });
}
