import { describe, expect, test, vi } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { collect, type SdkCase, sdks, type TextStream } from "../support/ai-sdks.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";
import { scriptedModel, streamParts } from "../support/scripted-model.ts";

interface ConsumingSdk {
  consumeStream(options: { readonly stream: ReadableStream }): Promise<void>;
}

/** Lets everything happen that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
}

/** `streamText` on an answer of so many pieces, of which the provider has all at once. */
function streaming({ sdk, version }: SdkCase, pieces: number, more: object = {}) {
  const recording = startRecording();
  const text = "abc".repeat(pieces);
  const parts = streamParts(version, { content: [{ type: "text", text }] });
  let pulled = 0;
  const source = () =>
    new ReadableStream(
      {
        pull(controller) {
          const part = parts[pulled++];
          if (part) controller.enqueue(part);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  const model = sdk.wrapLanguageModel({
    model: scriptedModel(version, [{ parts: source }]),
    middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
  });
  const result = sdk.streamText({ model, prompt: "Q", ...more });
  /** The provider's last part says why it stopped; the end comes after it. */
  const gave = { finish: () => pulled >= parts.length, end: () => pulled > parts.length };
  return { ...recording, result, text, gave };
}

/** What was delivered is the beginning of the answer, in one piece. */
function deliveredText({ output }: RecordedEvent): string {
  const [message] = (output.messages ?? []) as { readonly parts: { readonly content?: string }[] }[];
  return message?.parts[0]?.content ?? "";
}

const leaving: Readonly<Record<string, (result: TextStream) => Promise<unknown>>> = {
  "a reader of textStream that breaks off": async ({ textStream }) => {
    for await (const _ of textStream) break;
  },
  "a reader of fullStream that breaks off": async ({ fullStream }) => {
    for await (const part of fullStream) if (part.type === "text-delta") break;
  },
  "a client that leaves a UI message stream": (result) => leave(result.toUIMessageStreamResponse()),
  "a client that leaves a text stream": (result) => leave(result.toTextStreamResponse()),
};

/** As a server does when the client has gone: it reads to the first piece, then the body is cancelled. */
async function leave({ body }: Response): Promise<void> {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  let seen = "";
  while (!seen.includes("abc")) seen += Buffer.from((await reader.read()).value ?? []).toString();
  await reader.cancel();
}

describe.each(sdks)("$name", (each) => {
  describe.each(Object.entries(leaving))("%s", (_, leaveOff) => {
    test.each([5, 400])(
      "after the first of %i pieces is one event, with what was delivered",
      async (count) => {
        const { result, recorder, events, text, gave } = streaming(each, count);
        await leaveOff(result);
        await settled();
        await recorder.close();
        const [event, ...others] = await events();
        expect(others).toEqual([]);
        // ai 5 and 6 read on in the background; ai 7 reads a little ahead, and then tells nobody that it stopped.
        expect(statusOf(event)).toBe(gave.end() ? "success" : "abandoned");
        if (each.major < 7 || count === 5) expect(gave.end()).toBe(true);
        expect(text.startsWith(deliveredText(event as RecordedEvent))).toBe(true);
        expect(deliveredText(event as RecordedEvent)).not.toBe("");
      },
    );

    test.each([5, 400])(
      "after the first of %i pieces, with the request's signal, ends then",
      async (count) => {
        const controller = new AbortController();
        const onError = () => {};
        const { result, only, text, gave } = streaming(each, count, {
          abortSignal: controller.signal,
          onError,
        });
        await leaveOff(result);
        // The finish may be on its way yet.
        const possible = [...(gave.finish() ? ["success"] : []), ...(gave.end() ? [] : ["cancelled"])];
        controller.abort();
        await settled();
        const event = await only();
        const delivered = deliveredText(event);
        expect(possible).toContain(statusOf(event));
        if (count === 400) expect(statusOf(event)).toBe("cancelled");
        expect(delivered).not.toBe("");
        expect(text.startsWith(delivered)).toBe(true);
      },
    );

    test("while the answer is consumed all the same, it is recorded whole", async () => {
      const { result, only, text } = streaming(each, 400);
      const consumed = result.consumeStream();
      await leaveOff(result);
      await consumed;
      const event = await only();
      expect(statusOf(event)).toBe("success");
      expect(deliveredText(event)).toBe(text);
    });
  });

  test("a client that leaves a response which the server consumes all the same loses nothing of the record", async () => {
    const { result, only, text } = streaming(each, 400);
    let consumed: PromiseLike<void> | undefined;
    const consumeSseStream = ({ stream }: { readonly stream: ReadableStream }) => {
      consumed = (each.sdk as unknown as ConsumingSdk).consumeStream({ stream });
    };
    await leave(result.toUIMessageStreamResponse({ consumeSseStream }));
    await consumed;
    const event = await only();
    expect(statusOf(event)).toBe("success");
    expect(deliveredText(event)).toBe(text);
  });

  test.each([1, 400])("an answer of %i pieces that is never read is one event", async (count) => {
    const { recorder, events, text, gave } = streaming(each, count);
    await settled();
    await recorder.close();
    const all = await events();
    expect(all.map(statusOf)).toEqual([gave.end() ? "success" : "abandoned"]);
    expect(text.startsWith(deliveredText(all[0] as RecordedEvent))).toBe(true);
  });

  test("a stream that nobody reads on is given up after abandonAfterMs, with what was delivered", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const recording = startRecording({ abandonAfterMs: 60_000 });
      const parts = streamParts(each.version, { content: [{ type: "text", text: "Six years" }] });
      const model = each.sdk.wrapLanguageModel({
        model: scriptedModel(each.version, [{ parts }]),
        middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
      });
      const reader = (await model.doStream({ prompt: [] })).stream.getReader();
      for (let count = 0; count < 3; count++) await reader.read();
      vi.advanceTimersByTime(59_999);
      await reader.read();
      vi.advanceTimersByTime(59_999);
      expect(recording.sink.events).toEqual([]);
      vi.advanceTimersByTime(1);
      const event = await recording.only();
      expect(statusOf(event)).toBe("abandoned");
      expect(deliveredText(event)).toBe("Six");
    } finally {
      vi.useRealTimers();
    }
  });

  test("the provider is asked for a part when the reader asks, and for none ahead", async () => {
    let pulls = 0;
    const pull = (controller: ReadableStreamDefaultController) =>
      controller.enqueue({ type: "text-delta", id: "0", delta: String(++pulls) });
    const source = () => new ReadableStream({ pull }, { highWaterMark: 0 });
    const model = each.sdk.wrapLanguageModel({
      model: scriptedModel(each.version, [{ parts: source }]),
      middleware: complianceGuardMiddleware({ recorder: startRecording().recorder }),
    });
    const reader = (await model.doStream({ prompt: [] })).stream.getReader();
    await settled();
    expect(pulls).toBe(0);
    for (let count = 1; count <= 3; count++) {
      expect((await reader.read()).value).toMatchObject({ delta: String(count) });
      await settled();
      expect(pulls).toBe(count);
    }
    await reader.cancel();
  });

  test("a reader that leaves the model's own stream cancels it, and the provider hears why", async () => {
    const reasons: unknown[] = [];
    const source = () =>
      new ReadableStream({
        pull: (controller) => controller.enqueue({ type: "text-delta", id: "0", delta: "Six" }),
        cancel: (reason) => void reasons.push(reason),
      });
    const recording = startRecording();
    const model = each.sdk.wrapLanguageModel({
      model: scriptedModel(each.version, [{ parts: source }]),
      middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
    });
    const reader = (await model.doStream({ prompt: [] })).stream.getReader();
    await reader.read();
    await reader.cancel("seen enough");
    expect(reasons).toEqual(["seen enough"]);
    const event = await recording.only();
    expect(statusOf(event)).toBe("cancelled");
    expect(deliveredText(event)).toBe("Six");
  });

  test("every reader gets the whole answer as without us", async () => {
    const { result, text } = streaming(each, 400);
    expect((await collect(result.textStream)).join("")).toBe(text);
    expect(await result.text).toBe(text);
  });
});

interface LowMemorySdk {
  experimental_streamTextLowMemory?: (options: object) => {
    readonly stream: AsyncIterable<{ readonly type: string }>;
  };
}

const lowMemory = sdks.filter(({ sdk }) => "experimental_streamTextLowMemory" in sdk);

test("the newest version streams for one reader only, too", () => {
  expect(lowMemory.map(({ major, isFloor }) => [major, isFloor])).toEqual([[7, false]]);
});

test.each(lowMemory)(
  "$name: a stream for one reader is cancelled when that reader leaves",
  async ({ sdk, version }) => {
    const { recorder, only } = startRecording();
    const content = [{ type: "text", text: "abc".repeat(400) }];
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ content }]),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    const result = (sdk as LowMemorySdk).experimental_streamTextLowMemory?.({ model, prompt: "Q" });
    for await (const part of result?.stream ?? []) if (part.type === "text-delta") break;
    await settled();
    const event = await only();
    expect(statusOf(event)).toBe("cancelled");
    expect(deliveredText(event)).toMatch(/^(?:abc)+$/);
  },
);
