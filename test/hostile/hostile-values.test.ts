import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complianceGuardMiddleware, recordTools } from "../../src/ai-sdk/index.ts";
import { canonicalJsonFromText } from "../../src/core/canonical-text.ts";
import { decryptEvent, openEvent } from "../../src/core/decrypt-event.ts";
import { fixedKey } from "../../src/core/keys.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import { toolInput, toolOutput } from "../../src/recorder/neutral-form.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";

const key = Buffer.alloc(32, 3);

function setUp() {
  const sink = memorySink();
  const troubles: Trouble[] = [];
  const recorder = new Recorder({
    sink,
    systemId: "s",
    version: "1",
    decisionClassification: "not_classified",
    keys: fixedKey(key, "k1"),
    onError: (trouble) => troubles.push(trouble),
  });
  return { sink, troubles, recorder };
}

/** Values no framework would pass, and every one somebody's code has passed. */
const byHand: readonly (() => unknown)[] = [
  () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = [cycle];
    return cycle;
  },
  () => ({
    get content(): string {
      throw new Error("getter");
    },
  }),
  () =>
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("proxy");
        },
      },
    ),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => 12345678901234567890n,
  () => 10n ** 500n,
  () => new Map([["a", new Set([1])]]),
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => /a/,
  () => new Error("content"),
  () => Symbol("content"),
  () => () => 1,
  () => Number.NaN,
  () => [Number.POSITIVE_INFINITY, -0],
  () => "\ud83d",
  () => ({ "\udc00": "\ud83d\ud83d" }),
  () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
  () => Object.assign(Object.create(null), { toString: 1 }),
  () => ({
    toJSON: () => {
      throw new Error("toJSON");
    },
  }),
  () => {
    const it: { toJSON?: () => unknown } = {};
    it.toJSON = () => it;
    return it;
  },
  () => new Date(Number.NaN),
  () => Buffer.from("bytes"),
  () => new Float64Array(8),
  () => new ArrayBuffer(8),
  () => new Array(1000),
  () => new Array(2 ** 32 - 1),
  () => "x".repeat(3_000_000),
  () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    return deep;
  },
  () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = { a: deep };
    return deep;
  },
  () => Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key ${index}`, index])),
  () =>
    new (class Message {
      role = "user";
      #secret = 1;
      get content() {
        return this.#secret;
      }
    })(),
  () => Object(1n),
  () => new Intl.NumberFormat(),
  () => globalThis,
  () => undefined,
  () => null,
];

/** `fc.anything` with everything on, at the size that finds the most. */
const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
  maxDepth: 4,
} as never);

const generated = fc.sample(anything, {
  numRuns: 10_000 - byHand.length,
  seed: Number(process.env["TEST_SEED"] ?? 42),
});
const values: readonly (() => unknown)[] = [...byHand, ...generated.map((value) => () => value)];

/** Every event is there once, in order, and opens; what it holds is its own canonical form. */
async function expectAll(sink: ReturnType<typeof memorySink>, count: number): Promise<void> {
  expect(sink.events).toHaveLength(count);
  expect(new Set(sink.events.map(({ eventId }) => eventId)).size).toBe(count);
  for (const event of sink.events) {
    if (event.payload === undefined) {
      expect(event.systemState).toMatchObject({ run: { payload_omitted: "too_large" } });
      continue;
    }
    const { input, output } = await openEvent(event, key);
    expect([canonicalJsonFromText(input), canonicalJsonFromText(output)]).toEqual([input, output]);
    await decryptEvent(event, key);
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}

describe("hostile values lose no event", () => {
  test("10,000 of them as prompts, arguments, results, metadata and metrics", async () => {
    const { sink, troubles, recorder } = setUp();
    for (const [index, make] of values.entries()) {
      const isTool = index % 2 === 1;
      const run = recorder.start({
        kind: isTool ? "tool" : "model",
        toolCallId: `call_${index % 7}`,
        input: () =>
          isTool ? toolInput("score", make()) : { messages: [{ role: "user", parts: [make()] }] },
        metadata: () => ({ own: make(), [String(index)]: make() }),
      });
      const end = {
        output: isTool ? toolOutput(make()) : make(),
        metadata: { more: make() },
        metrics: { value: make() },
      };
      await (index % 3 === 0 ? run.fail(make(), end) : run.succeed(end));
    }
    expect(troubles).toEqual([]);
    await expectAll(sink, values.length);
  }, 120_000);

  test("through the LangChain handler, as messages, arguments and results", async () => {
    const { sink, recorder } = setUp();
    const handler = new ComplianceGuardHandler({ recorder });
    const some = values.slice(0, 1_000);
    for (const [index, make] of some.entries()) {
      const model = `model-${index}`;
      const shown = [[{ getType: () => "human", content: make() }, make()]] as never;
      await handler.handleChatModelStart(
        { id: [make()] } as never,
        shown,
        model,
        undefined,
        make() as never,
        make() as never,
        make() as never,
      );
      const message = {
        getType: () => "ai",
        content: make(),
        tool_calls: [{ id: make(), name: make(), args: make() }],
      };
      await handler.handleLLMEnd(
        { generations: [[{ message, text: make() }]], llmOutput: make() } as never,
        model,
      );
      const tool = `tool-${index}`;
      await handler.handleToolStart(
        {} as never,
        make() as never,
        tool,
        undefined,
        make() as never,
        make() as never,
        make() as never,
        "call_1",
      );
      await handler.handleToolEnd(make() as never, tool);
    }
    await expectAll(sink, 2 * some.length);
  }, 60_000);

  test("through the AI SDK middleware and wrapped tools", async () => {
    const { sink, recorder } = setUp();
    const { wrapGenerate } = complianceGuardMiddleware({ recorder });
    const some = values.slice(0, 1_000);
    for (const make of some) {
      const params = {
        prompt: [{ role: "user", content: [make(), { type: "text", text: make() }] }],
        tools: make(),
      };
      const result = {
        content: [make(), { type: "tool-call", toolCallId: "1", toolName: make(), input: make() }],
        usage: make(),
        response: make(),
      };
      const doGenerate = async () => result;
      const given = await wrapGenerate?.({
        doGenerate,
        doStream: doGenerate,
        params,
        model: { modelId: "m" },
      } as never);
      expect(given).toBe(result);
      const tools = recordTools(
        { score: { execute: (_input: unknown, _options: unknown): unknown => ({ given: make() }) } },
        { recorder },
      );
      await tools.score.execute(make(), { toolCallId: "call_1" });
    }
    await recorder.flush();
    await expectAll(sink, 2 * some.length);
  }, 60_000);
});
