import { describe, expect, test } from "vitest";
import { complianceGuardMiddleware, recordTools } from "../../src/ai-sdk/index.ts";
import { type ProviderName, providerModel } from "../support/ai-sdk-providers.ts";
import { collect, type SdkCase, sdks } from "../support/ai-sdks.ts";
import { type ScriptedAnswer, type SeenRequest, startOpenAiServer } from "../support/openai-server.ts";
import { type Recording, startRecording, statusOf } from "../support/recording.ts";
import { providerRecordings } from "../support/recordings.ts";

interface Question {
  readonly provider?: ProviderName;
  /** What the caller asks with, beside model and prompt. Aborts where it likes. */
  readonly more?: (controller: AbortController, recording: Recording) => object;
  readonly onRequest?: (controller: AbortController, request: SeenRequest) => void;
}

/** What a caller of `streamText` saw, and what was recorded. */
async function streamed(each: SdkCase, answers: readonly ScriptedAnswer[], question: Question = {}) {
  const controller = new AbortController();
  const script = [...answers];
  await using server = await startOpenAiServer((request) => {
    question.onRequest?.(controller, request);
    return (script.length > 1 ? script.shift() : script[0]) as ScriptedAnswer;
  });
  const recording = startRecording();
  const model = each.sdk.wrapLanguageModel({
    model: await providerModel(each, question.provider ?? "openai", server),
    middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
  });
  const more = question.more?.(controller, recording) ?? {};
  const asked = { model, prompt: "Q", maxRetries: 0, onError: () => {}, ...more };
  const texts = await collect(each.sdk.streamText(asked).textStream).catch(() => []);
  const events = await recording.events();
  return { texts, events, statuses: events.map(statusOf) };
}

const parts = (content: string) => [{ role: "assistant", parts: [{ type: "text", content }] }];
const aborting = (controller: AbortController) => ({ abortSignal: controller.signal });
const overloaded = JSON.stringify({
  error: { message: "overloaded", type: "server_error", code: null, param: null },
});

describe.each(sdks)("$name", (each) => {
  test("a whole answer is one success, with usage and why it stopped", async () => {
    const { events, statuses } = await streamed(each, [{ text: "Six years of experience." }]);
    expect(statuses).toEqual(["success"]);
    expect(events[0]).toMatchObject({
      modelId: "gpt-5",
      systemState: { performance: { input_tokens: 11, output_tokens: 7 }, run: { finish_reason: "stop" } },
      output: { messages: parts("Six years of experience.") },
      metadata: { provider: "openai.chat", response_id: "chatcmpl-1" },
    });
  });

  test.each([401, 429, 500])("an HTTP %i is its status", async (status) => {
    const { statuses, events } = await streamed(each, [{ status }]);
    expect(statuses).toEqual([String(status)]);
    expect(events[0]?.output).toEqual({});
  });

  test("an error as the first event of a 200 is no success, and has no output", async () => {
    const { events = [] } =
      providerRecordings().find(({ name }) => name === "openai-error.1.chunks.txt") ?? {};
    const { statuses, events: recorded } = await streamed(each, [{ events }], {
      provider: "openai-responses",
    });
    expect(statuses).toEqual([expect.stringMatching(/^error:|^429$/)]);
    expect(recorded[0]?.output).toEqual({});
  });

  test("an error within the stream is that error, with what came before it", async () => {
    const { statuses, events } = await streamed(each, [{ events: [...chunks("Six"), overloaded, "[DONE]"] }]);
    expect(statuses).toEqual([expect.stringMatching(/^error:|^500$/)]);
    expect(events[0]?.output.messages).toEqual(parts("Six"));
  });

  test("a chunk that is no JSON is an error, though the answer goes on and finishes", async () => {
    const finish = JSON.stringify({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    const { statuses, events } = await streamed(each, [
      { events: [...chunks("Six"), "{not json", finish, "[DONE]"] },
    ]);
    expect(statuses).toEqual(["error:AI_JSONParseError"]);
    expect(events[0]?.output.messages).toEqual(parts("Six"));
  });

  test("a clean end of the connection without a finish is truncated", async () => {
    const { statuses, events } = await streamed(each, [{ events: chunks("Six", " years") }]);
    expect(statuses).toEqual(["truncated"]);
    expect(events[0]?.output.messages).toEqual(parts("Six years"));
  });

  test("a connection that is cut is an error and never the 200 it began with, with what was delivered", async () => {
    const { texts, statuses, events } = await streamed(each, [
      { text: "Six years of experience.", cutAfter: 3 },
    ]);
    expect(statuses).toEqual([expect.stringMatching(/^error:/)]);
    const delivered = texts.join("") || "Six year";
    expect(events[0]?.output.messages).toEqual(parts(delivered));
  });

  test("a plain answer whose connection is cut is an error, too", async () => {
    await using server = await startOpenAiServer([{ text: "Six years of experience.", cutAfter: 1 }]);
    const recording = startRecording();
    const model = each.sdk.wrapLanguageModel({
      model: await providerModel(each, "openai", server),
      middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
    });
    await expect(each.sdk.generateText({ model, prompt: "Q", maxRetries: 0 })).rejects.toThrow();
    const event = await recording.only();
    expect(statusOf(event)).toMatch(/^error:/);
    expect(event.output).toEqual({});
  });

  test("an abort before the call is cancelled, and nothing is asked", async () => {
    const { statuses, events } = await streamed(each, [{ text: "Yes." }], {
      more: (controller) => {
        controller.abort();
        return aborting(controller);
      },
      onRequest: () => {
        throw new Error("asked all the same");
      },
    });
    expect(statuses.every((status) => status === "cancelled")).toBe(true);
    expect(events.length).toBeLessThanOrEqual(1);
  });

  test("an abort before the first part is cancelled, without an output", async () => {
    const { statuses, events } = await streamed(each, [{ hangAfter: 0 }], {
      more: aborting,
      onRequest: (controller) => controller.abort(),
    });
    expect(statuses).toEqual(["cancelled"]);
    expect(events[0]?.output).toEqual({});
  });

  test("an abort in the middle is cancelled, with what was delivered", async () => {
    const { statuses, events } = await streamed(each, [{ text: "Six years of experience.", hangAfter: 4 }], {
      more: (controller) => ({
        ...aborting(controller),
        onChunk: ({ chunk }: { readonly chunk: { readonly type: string } }) => {
          if (chunk.type === "text-delta") controller.abort();
        },
      }),
    });
    expect(statuses).toEqual(["cancelled"]);
    expect(events[0]?.output.messages).toEqual([
      { role: "assistant", parts: [{ type: "text", content: expect.stringMatching(/^Six/) }] },
    ]);
  });

  test("an abort during a tool cancels the tool's run, and the call that asked for it stays a success", async () => {
    const scoreTool = (controller: AbortController, { recorder, sink }: Recording) => {
      const execute = async (_: unknown, { abortSignal }: { readonly abortSignal: AbortSignal }) => {
        // The first 5.x and 6.x start a tool while its call still streams.
        while (sink.events.length === 0) await new Promise(setImmediate);
        controller.abort();
        abortSignal.throwIfAborted();
      };
      const inputSchema = each.sdk.jsonSchema({ type: "object", properties: {} });
      return recordTools({ score: each.sdk.tool({ inputSchema, execute }) }, { recorder });
    };
    const call = { id: "call_1", name: "score", arguments: "{}" };
    const { statuses, events } = await streamed(each, [{ toolCalls: [call] }, { text: "Yes." }], {
      more: (controller, recording) => ({
        ...aborting(controller),
        tools: scoreTool(controller, recording),
        stopWhen: each.sdk.stepCountIs(3),
      }),
    });
    expect(events.slice(0, 2).map(({ actor }) => actor?.type)).toEqual(["model", "tool"]);
    expect(statuses.slice(0, 2)).toEqual(["success", "cancelled"]);
  });
});

function chunks(...texts: readonly string[]): string[] {
  return texts.map((content) =>
    JSON.stringify({
      id: "c",
      model: "gpt-5",
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
    }),
  );
}
