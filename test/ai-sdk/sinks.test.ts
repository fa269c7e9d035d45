import { afterEach, describe, expect, test, vi } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import type { EventSink } from "../../src/core/event-sink.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import { collect, type SdkCase, sdks } from "../support/ai-sdks.ts";
import { startRecording } from "../support/recording.ts";
import { scriptedModel, streamParts } from "../support/scripted-model.ts";
import { brokenSink } from "../support/sinks.ts";

afterEach(() => {
  vi.useRealTimers();
});

const text = "Six years of experience.";
const content = [{ type: "text", text }];
const never = new Promise<never>(() => {});

/** A sink that takes everything, and keeps it when it is told to. */
function slowSink(): EventSink & { readonly kept: number; keepAll(): void } {
  const waiting: (() => void)[] = [];
  let kept = 0;
  const keep = () => new Promise<void>((resolve) => waiting.push(resolve));
  const submit = () => keep().then(() => void kept++);
  return {
    ...memorySink(),
    begin: keep,
    submit,
    keepAll: () => {
      for (const each of waiting.splice(0)) each();
    },
    get kept() {
      return kept;
    },
  };
}

const throwing = (): never => {
  throw new Error("disk full");
};

const sinks: Readonly<Record<string, EventSink>> = {
  "that is slow": slowSink(),
  "that rejects": brokenSink(),
  "that throws": { ...brokenSink(), begin: throwing, submit: throwing },
  "that hangs": { ...brokenSink(), begin: () => never, submit: () => never },
};

function setUp({ sdk, version }: SdkCase, sink: EventSink, options: Partial<RecorderOptions> = {}) {
  const recording = startRecording({ sink, ...options });
  const model = sdk.wrapLanguageModel({
    model: scriptedModel(version, [{ content }]),
    middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
  });
  return { ...recording, model };
}

describe.each(sdks)("$name", (each) => {
  describe.each(Object.entries(sinks))("a sink %s", (_, sink) => {
    test("neither delays the first part of a stream nor changes one of them", async () => {
      const { model } = setUp(each, sink);
      const parts = await collect((await model.doStream({ prompt: [] })).stream);
      expect(parts).toEqual(streamParts(each.version, { content }));
    });

    test("does not hold the end of a stream back either: it comes in the turn it is asked for", async () => {
      const { model } = setUp(each, sink);
      const reader = (await model.doStream({ prompt: [] })).stream.getReader();
      for (const _ of streamParts(each.version, { content })) await reader.read();
      let isClosed = false;
      void reader.read().then(({ done }) => (isClosed = done));
      // Only what waits for nothing is done by then: no timer, no disk, no network.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      expect(isClosed).toBe(true);
    });

    test("does not break what the framework makes of a stream", async () => {
      const { model } = setUp(each, sink);
      const result = each.sdk.streamText({ model, prompt: "Q" });
      expect((await collect(result.textStream)).join("")).toBe(text);
      expect(await result.text).toBe(text);
    });
  });

  test.each(["that rejects", "that throws"])(
    "of a sink %s the listener hears once an event",
    async (name) => {
      const { model, recorder, troubles } = setUp(each, sinks[name] as EventSink);
      await collect(each.sdk.streamText({ model, prompt: "Q" }).textStream);
      await recorder.flush();
      expect(troubles.map(({ code }) => code)).toEqual(["record_not_kept"]);
      await each.sdk.generateText({ model, prompt: "Q" });
      expect(new Set(troubles.map(({ eventId }) => eventId)).size).toBe(2);
      expect(troubles).toHaveLength(2);
    },
  );

  test("of a sink that hangs the listener hears once an event, and a plain call goes on after maxWaitMs", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const { model, recorder, troubles } = setUp(each, sinks["that hangs"] as EventSink, { maxWaitMs: 500 });
    await collect((await model.doStream({ prompt: [] })).stream);
    expect(troubles).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(troubles.map(({ code }) => code)).toEqual(["timeout"]);
    const plain = model.doGenerate({ prompt: [] });
    await vi.advanceTimersByTimeAsync(500);
    expect((await plain).content).toEqual(content);
    expect(troubles.map(({ code }) => code)).toEqual(["timeout", "timeout"]);
    const status = recorder.flush({ timeoutMs: 100 });
    await vi.advanceTimersByTimeAsync(100);
    expect((await status).waiting).toBe(2);
  });

  test("flush waits for what a slow sink has not kept yet", async () => {
    const sink = slowSink();
    const { model, recorder } = setUp(each, sink);
    await collect(each.sdk.streamText({ model, prompt: "Q" }).textStream);
    let isFlushed = false;
    const flushed = recorder.flush().then(() => (isFlushed = true));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect([isFlushed, sink.kept]).toEqual([false, 0]);
    sink.keepAll();
    await flushed;
    expect(sink.kept).toBe(1);
  });

  test("when a stream has ended waitUntil has been given what to wait for", async () => {
    const sink = slowSink();
    const work: Promise<unknown>[] = [];
    const { model } = setUp(each, sink, { waitUntil: (promise) => work.push(promise) });
    await collect((await model.doStream({ prompt: [] })).stream);
    expect(work.length).toBeGreaterThan(0);
    expect(sink.kept).toBe(0);
    sink.keepAll();
    await Promise.all(work);
    expect(sink.kept).toBe(1);
  });
});
