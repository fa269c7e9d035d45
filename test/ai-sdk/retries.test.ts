import { afterEach, describe, expect, test, vi } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { providerModel } from "../support/ai-sdk-providers.ts";
import { collect, type SdkCase, sdks } from "../support/ai-sdks.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { attemptOf, type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";
import type { CallParams } from "../support/scripted-model.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A question to a provider that answers by script, plain or streamed, and what was recorded of it. */
async function asked(
  each: SdkCase,
  answers: readonly ScriptedAnswer[],
  operation: "generate" | "stream",
  { outer = [], ...more }: { readonly outer?: object; readonly [option: string]: unknown } = {},
) {
  await using server = await startOpenAiServer(answers);
  const recording = startRecording();
  const model = each.sdk.wrapLanguageModel({
    model: await providerModel(each, "openai", server),
    middleware: [outer, complianceGuardMiddleware({ recorder: recording.recorder })].flat(),
  });
  const question = { model, prompt: "Short-list applicant 7?", onError: () => {}, ...more };
  const error = await (operation === "generate"
    ? each.sdk.generateText(question)
    : collect(each.sdk.streamText(question).textStream)
  ).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, events: await recording.events(), requests: server.requests };
}

/** Middleware further out that makes the prompt and the options anew for each attempt, as one that adds documents does. */
const anew = {
  specificationVersion: "v4",
  middlewareVersion: "v2",
  transformParams: async ({ params }: { readonly params: CallParams }) => ({
    ...params,
    prompt: [...params.prompt],
    providerOptions: { ...params.providerOptions },
  }),
};
const headersAnew = {
  ...anew,
  transformParams: async ({ params }: { readonly params: CallParams }) => ({
    ...params,
    headers: { ...(params["headers"] as object), "x-tenant": "red" },
  }),
};
const signalled = () => ({ abortSignal: new AbortController().signal });
const busy = { status: 429 };
const fine = { text: "Yes." };

describe.each(sdks)("$name", (each) => {
  describe.each(["generate", "stream"] as const)("%s", (operation) => {
    test("a 429 and the retry that works are an event each, numbered, and usage is counted once", async () => {
      const { events, requests } = await asked(each, [busy, busy, fine], operation, signalled());
      expect(events.map(statusOf)).toEqual(["429", "429", "success"]);
      expect(events.map(attemptOf)).toEqual([1, 2, 3]);
      expect(requests).toHaveLength(3);
      const tokens = events.map(({ systemState }) => systemState.performance["input_tokens"]);
      expect(tokens).toEqual([undefined, undefined, 11]);
      expect(new Set(events.map(({ inputReference }) => inputReference)).size).toBe(1);
      expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(3);
    });

    test("retries that are exhausted are an event each, and the caller gets the framework's own error", async () => {
      const { error, events } = await asked(each, [busy], operation, { ...signalled(), maxRetries: 2 });
      expect(events.map(statusOf)).toEqual(["429", "429", "429"]);
      expect(events.map(attemptOf)).toEqual([1, 2, 3]);
      if (operation === "generate") expect(error).toMatchObject({ name: "AI_RetryError" });
    });

    test("a connection that is reset and the retry that works are an event each", async () => {
      withoutWaiting(2000);
      const { events } = await asked(each, [{ isReset: true }, fine], operation, signalled());
      expect(events.map(statusOf)).toEqual(["error:AI_APICallError", "success"]);
      expect(events.map(attemptOf)).toEqual([1, 2]);
    });

    test("an error that is not retried is one event", async () => {
      const { events, requests } = await asked(each, [{ status: 401 }], operation, signalled());
      expect(events.map(statusOf)).toEqual(["401"]);
      expect(requests).toHaveLength(1);
    });

    test("attempts are numbered right or not at all behind middleware that makes each prompt anew", async () => {
      const numbers = async (more: Parameters<typeof asked>[3]) =>
        (await asked(each, [busy, busy, fine], operation, more)).events.map(attemptOf);
      expect(await numbers({ ...signalled(), outer: anew })).toEqual([1, 2, 3]);
      // Plain calls carry the framework's own headers, but for those of the first 5.x.
      const isTied = operation === "generate" && each.release !== "5.0.0";
      expect(await numbers({ outer: anew })).toEqual(isTied ? [1, 2, 3] : [1, undefined, undefined]);
      expect(await numbers({ outer: [anew, headersAnew] })).toEqual([1, undefined, undefined]);
    });

    test("the caller's label ties attempts together, whatever middleware makes of the other options", async () => {
      const providerOptions = { complianceguard: { correlationId: "application-7" } };
      const { events } = await asked(each, [busy, busy, fine], operation, { providerOptions, outer: anew });
      expect(events.map(attemptOf)).toEqual([1, 2, 3]);
    });

    test("a second question with the same signal is a first attempt", async () => {
      await using server = await startOpenAiServer([fine]);
      const recording = startRecording();
      const model = each.sdk.wrapLanguageModel({
        model: await providerModel(each, "openai", server),
        middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
      });
      const { abortSignal } = signalled();
      for (const _ of [1, 2]) {
        const question = { model, prompt: "Q", abortSignal };
        if (operation === "generate") await each.sdk.generateText(question);
        else await collect(each.sdk.streamText(question).textStream);
      }
      expect((await recording.events()).map(attemptOf)).toEqual([1, 1]);
    });
  });

  test("a question that is asked again after a failure, with options that all calls share, is no retry", async () => {
    const recording = startRecording();
    const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
    const providerOptions = { openai: { user: "u1" } };
    for (const answers of [[{ status: 401 }], [fine]]) {
      await using server = await startOpenAiServer(answers);
      const model = each.sdk.wrapLanguageModel({
        model: await providerModel(each, "openai", server),
        middleware,
      });
      await each.sdk.generateText({ model, prompt: "Q", providerOptions }).catch(() => {});
    }
    // The first 5.x makes no headers of its own, by which calls could be told apart.
    const second = each.release === "5.0.0" ? 2 : undefined;
    expect((await recording.events()).map(attemptOf)).toEqual([1, second]);
  });

  test("a stream's attempts are numbered by the options its caller gives, too", async () => {
    const providerOptions = { openai: { user: "u1" } };
    const { events } = await asked(each, [busy, fine], "stream", { providerOptions });
    expect(events.map(attemptOf)).toEqual([1, 2]);
  });

  test("and by the headers that its caller gives", async () => {
    const { events } = await asked(each, [busy, fine], "stream", { headers: { "x-request": "r1" } });
    expect(events.map(attemptOf)).toEqual([1, 2]);
  });

  test("where nothing of a stream ties its attempts together, they have no number rather than a wrong one", async () => {
    const { events } = await asked(each, [busy, fine], "stream");
    expect(events.map(statusOf)).toEqual(["429", "success"]);
    expect(events.map(attemptOf)).toEqual([undefined, each.major === 7 ? undefined : 2]);
  });
});

describe.each(sdks.filter(({ major, isFloor }) => major === 7 && !isFloor))("$name", (each) => {
  const broken = JSON.stringify({
    error: { message: "overloaded", type: "server_error", code: null, param: null },
  });
  const half = JSON.stringify({
    id: "c",
    model: "gpt-5",
    choices: [{ index: 0, delta: { content: "Half" }, finish_reason: null }],
  });
  const failing = { events: [half, broken, "[DONE]"] };

  test.each([
    ["streamRetries", { streamRetries: 1 }],
    ["an onError that asks for it", { streamRetries: 0, onError: () => ({ retry: true }) }],
  ])("a stream that fails in the middle and the one that %s opens are an event each", async (_, more) => {
    const { events } = await asked(each, [failing, { text: "Whole." }], "stream", {
      ...signalled(),
      ...more,
    });
    expect(events.map(statusOf)).toEqual(["500", "success"]);
    expect(events.map(attemptOf)).toEqual([1, 2]);
    expect(events.map(textOf)).toEqual(["Half", "Whole."]);
    expect(new Set(events.map(({ inputReference }) => inputReference)).size).toBe(1);
  });
});

function textOf({ output }: RecordedEvent): unknown {
  const [message] = (output.messages ?? []) as { readonly parts: { readonly content: string }[] }[];
  return message?.parts[0]?.content;
}

/** What would wait so long does not: the framework waits so before it tries a broken connection again. */
function withoutWaiting(milliseconds: number): void {
  const { setTimeout } = globalThis;
  vi.stubGlobal("setTimeout", (work: (value: unknown) => void, delay?: number, value?: unknown) =>
    setTimeout(work, delay === milliseconds ? 0 : delay, value),
  );
}
