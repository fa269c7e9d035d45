import { createAnthropic } from "@ai-sdk/anthropic";
import { createDeepSeek } from "@ai-sdk/deepseek";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, type LanguageModel, streamText, wrapLanguageModel } from "ai";
import { expect, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";
import { type ProviderRecording, providerRecordings } from "../support/recordings.ts";

type Model = Exclude<LanguageModel, string>;

const apiKey = "none";
const models: Readonly<Record<string, (baseURL: string) => Model>> = {
  anthropic: (baseURL) => createAnthropic({ baseURL, apiKey })("claude-opus-5"),
  deepseek: (baseURL) => createDeepSeek({ baseURL, apiKey })("deepseek-chat"),
  google: (baseURL) => createGoogleGenerativeAI({ baseURL, apiKey })("gemini-3-pro"),
  openai: (baseURL) => createOpenAI({ baseURL, apiKey }).chat("gpt-5"),
  "openai-compatible": (baseURL) => createOpenAICompatible({ name: "xai", baseURL, apiKey })("grok-4"),
  "openai-responses": (baseURL) => createOpenAI({ baseURL, apiKey }).responses("gpt-5"),
};

/** Answers that are no success. The bodies of errors are served with the status they came with. */
const failures: Readonly<Record<string, string>> = {
  "google-429-retry-info.json": "429",
  "openai-error.1.json": "429",
  "openai-error.1.chunks.txt": "429",
  "reasoning-model-legacy-parameter-error.json": "400",
};

const answers = providerRecordings().filter(({ name }) => !(name in failures));
const errors = providerRecordings().filter(({ name }) => name in failures);

test.each(answers)(
  "$provider/$name is recorded as the framework itself understands it",
  async (recording) => {
    const { shown, event } = await replayed(recording);
    // Two of its lines are no JSON, and the answer goes on all the same.
    const isBroken = recording.name === "parallel-tool-call-wrapper.1.chunks.txt";
    expect(statusOf(event)).toBe(isBroken ? "error:AI_JSONParseError" : "success");
    expect(event.output.messages).toEqual([
      {
        role: "assistant",
        parts: [
          ...(shown?.text ? [{ type: "text", content: shown.text }] : []),
          ...(shown?.toolCalls ?? [])
            .filter(({ providerExecuted }) => !providerExecuted)
            .map((call) => ({
              type: "tool_call",
              id: call.toolCallId,
              name: call.toolName,
              arguments: call.input,
            })),
        ],
      },
    ]);
    expect(event.systemState.run["finish_reason"]).toBe(shown?.finishReason.replace("-", "_"));
    expect(event.systemState.performance["input_tokens"]).toBe(shown?.usage.inputTokens);
    expect(event.systemState.performance["output_tokens"]).toBe(shown?.usage.outputTokens);
    const executed = shown?.toolCalls.filter(({ providerExecuted }) => providerExecuted) ?? [];
    expect(providerCalls(event)).toEqual(executed.map(({ toolCallId }) => toolCallId));
    expect(JSON.stringify(event)).not.toContain("encrypted_content");
  },
);

test.each(errors)("$provider/$name is recorded as the error it is", async (recording) => {
  const { event } = await replayed(recording);
  expect(statusOf(event)).toBe(failures[recording.name]);
  expect(event.output).toEqual({});
});

/** What the framework itself made of the answer, and what was recorded of it. */
async function replayed({ provider, name, json, events }: ProviderRecording) {
  const { error } = (json ?? {}) as { readonly error?: Readonly<Record<string, unknown>> };
  const done = provider.startsWith("openai") ? ["[DONE]"] : [];
  await using server = await startOpenAiServer([
    error ? { status: Number(failures[name]), error } : events ? { events: [...events, ...done] } : { json },
  ]);
  const recording = startRecording();
  const model = wrapLanguageModel({
    model: (models[provider] as (baseURL: string) => never)(server.baseURL),
    middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
  });
  const question = { model, prompt: "Q", maxRetries: 0 };
  const shown = await (events ? streamed(question) : generateText(question)).catch(() => undefined);
  return { shown, event: await recording.only() };
}

async function streamed(question: {
  readonly model: Model;
  readonly prompt: string;
  readonly maxRetries: number;
}) {
  const result = streamText({ ...question, onError: () => {} });
  return {
    text: await result.text,
    toolCalls: await result.toolCalls,
    finishReason: await result.finishReason,
    usage: await result.usage,
  };
}

function providerCalls({ metadata }: RecordedEvent): unknown[] {
  const calls = metadata["provider_calls"] as readonly { readonly id: string }[] | undefined;
  return (calls ?? []).map(({ id }) => id);
}
