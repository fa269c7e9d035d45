import { describe, expect, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { collect, sdks, sdksWithOlderModels } from "../support/ai-sdks.ts";
import { startRecording, statusOf } from "../support/recording.ts";
import { scriptedModel } from "../support/scripted-model.ts";

/** A prompt with one result of a tool. */
const answering = (value: unknown) => [
  {
    role: "tool",
    content: [
      { type: "tool-result", toolCallId: "call_1", toolName: "lookup", output: { type: "json", value } },
    ],
  },
];
const showing = (data: unknown) => [
  { role: "user", content: [{ type: "file", mediaType: "application/pdf", data }] },
];

describe.each(sdksWithOlderModels)("$name", ({ sdk, version }) => {
  function setUp(answer: object = {}) {
    const recording = startRecording();
    const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
    const model = sdk.wrapLanguageModel({ model: scriptedModel(version, [answer]), middleware });
    return { ...recording, model };
  }

  test.each([
    ["the order of keys", answering({ a: 1, b: { c: 2, d: 3 } }), answering({ b: { d: 3, c: 2 }, a: 1 })],
    ["members that are undefined", answering({ a: 1 }), answering({ a: 1, b: undefined })],
    [
      "a Date or its text",
      answering({ at: "2026-05-01T09:00:00.000Z" }),
      answering({ at: new Date("2026-05-01T09:00:00.000Z") }),
    ],
    ["bytes or their base64", showing(Uint8Array.from([1, 2, 3])), showing("AQID")],
    [
      "a URL or its text",
      showing("https://example.test/cv.pdf"),
      showing(new URL("https://example.test/cv.pdf")),
    ],
  ])("%s makes no difference to the reference of a question", async (_, one, other) => {
    const { model, events } = setUp();
    await model.doGenerate({ prompt: one });
    await model.doGenerate({ prompt: other });
    const [first, second] = await events();
    expect(second?.input).toEqual(first?.input);
    expect(second?.inputReference).toBe(first?.inputReference);
  });

  test("bytes are recorded as their hash and size, whichever way the framework is given them", async () => {
    const { model, events } = setUp();
    const bytes = Uint8Array.from([137, 80, 78, 71]);
    for (const image of [bytes, Buffer.from(bytes).toString("base64"), bytes.buffer]) {
      const content = [{ type: "image", image, mediaType: "image/png" }];
      await sdk.generateText({ model, messages: [{ role: "user", content }] });
    }
    const all = await events();
    expect(all.map(({ input }) => input.messages)).toEqual(
      Array(3).fill([
        {
          role: "user",
          parts: [
            {
              type: "blob",
              mime_type: "image/png",
              sha256: "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543",
              size_bytes: 4,
            },
          ],
        },
      ]),
    );
  });

  test("usage that is not there is left out, and an answer without a reason to stop is one all the same", async () => {
    const { model, events } = setUp({ inputTokens: undefined, outputTokens: undefined });
    await model.doGenerate({ prompt: [] });
    await collect((await model.doStream({ prompt: [] })).stream);
    for (const event of await events()) {
      expect(statusOf(event)).toBe("success");
      expect(event.systemState.performance).not.toHaveProperty("input_tokens");
      expect(event.systemState.performance).not.toHaveProperty("output_tokens");
      expect(event.metadata).not.toHaveProperty("usage");
      expect(event.systemState.run["finish_reason"]).toBe("stop");
      // The provider's own word is not there either: the framework's stands for it.
      expect(event.metadata["finish_reason"]).toBe("stop");
    }
  });

  test("the provider's own word for why it stopped is kept where there is one", async () => {
    const { model, only } = setUp({ finish: "content-filter", rawFinish: "refusal" });
    await model.doGenerate({ prompt: [] });
    const event = await only();
    expect(event.systemState.run["finish_reason"]).toBe("content_filter");
    expect(event.metadata["finish_reason"]).toBe(version === "v2" ? "content-filter" : "refusal");
  });

  test("an answer without any of its members is an event", async () => {
    const recording = startRecording();
    const bare = { ...scriptedModel(version, [{}]), doGenerate: async () => ({ content: [] }) };
    const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
    const model = sdk.wrapLanguageModel({ model: bare, middleware });
    await model.doGenerate({ prompt: [] }).catch(() => {});
    const event = await recording.only();
    expect(recording.troubles).toEqual([]);
    expect(event.modelId).toBe("gpt-5");
  });
});

test.each(sdks)(
  "$name: an answer that cannot be read, or is none, is an event, and handed on as it is",
  async ({ sdk, version }) => {
    const unreadable = new Proxy({}, { get: (_, name) => (name === "then" ? undefined : fail()) });
    for (const answer of [unreadable, null]) {
      const recording = startRecording();
      const odd = { ...scriptedModel(version, [{}]), doGenerate: async () => answer };
      const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
      const model = sdk.wrapLanguageModel({ model: odd, middleware });
      expect(Object.is(await model.doGenerate({ prompt: [] }), answer)).toBe(true);
      expect(statusOf(await recording.only())).toBe("success");
    }
  },
);

test.each(sdks)(
  "$name: where a stream is asked for and none comes, that is an event at once",
  async ({ sdk, version }) => {
    for (const [answer, expected] of [
      [null, null],
      [{ stream: "none" }, { stream: "none" }],
    ]) {
      const recording = startRecording();
      const odd = { ...scriptedModel(version, [{}]), doStream: async () => answer as never };
      const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
      const model = sdk.wrapLanguageModel({ model: odd, middleware });
      expect(await model.doStream({ prompt: [] })).toEqual(expected);
      expect(statusOf(await recording.only())).toBe("abandoned");
      expect(recording.troubles).toHaveLength(1);
    }
  },
);

function fail(): never {
  throw new TypeError("no");
}
