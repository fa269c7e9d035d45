import { expect, test } from "vitest";
import { complianceGuardMiddleware, recordTools } from "../../src/ai-sdk/index.ts";
import { collect, sdks } from "../support/ai-sdks.ts";
import { startRecording } from "../support/recording.ts";
import { scriptedModel, streamParts } from "../support/scripted-model.ts";

const canary = "CANARY-7f3a";

class CanaryError extends Error {
  override readonly name = `${canary} Error`;
  readonly responseBody = canary;
  readonly requestBodyValues = { messages: [canary] };
  readonly url = `https://example.test/${canary}`;
  constructor() {
    super(canary);
  }
}

test.each(sdks)(
  "$name: no content is in clear, wherever the framework carries any",
  async ({ sdk, version }) => {
    const { recorder, sink, troubles } = startRecording();
    const submitted: string[] = [];
    const begin = sink.begin?.bind(sink);
    sink.begin = async (start) => {
      submitted.push(Buffer.from(start.body).toString());
      await begin?.(start);
    };
    const content = [
      { type: "text", text: canary },
      { type: "reasoning", text: canary },
      { type: "source", sourceType: "url", id: canary, url: `https://example.test/${canary}`, title: canary },
      { type: "file", mediaType: `text/${canary}`, data: Buffer.from(canary) },
      { type: "tool-call", toolCallId: canary, toolName: `invented ${canary}`, input: `{"a":"${canary}"}` },
      { type: canary },
    ];
    const answer = {
      content,
      finish: canary,
      rawFinish: canary,
      id: canary,
      modelId: `/models/${canary}.gguf`,
    };
    const middleware = complianceGuardMiddleware({ recorder });
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [
        answer,
        answer,
        { error: new CanaryError() },
        {
          parts: [...streamParts(version, answer).slice(0, -1), { type: "error", error: new CanaryError() }],
        },
      ]),
      middleware,
    });
    const file = {
      type: "file",
      mediaType: "image/png",
      filename: canary,
      data: new URL(`https://example.test/${canary}`),
    };
    const call = { toolCallId: canary, toolName: canary };
    const params = {
      prompt: [
        { role: "system", content: canary, providerOptions: { x: { canary } } },
        { role: "user", content: [{ type: "text", text: canary }, file] },
        { role: "assistant", content: [{ type: "tool-call", ...call, input: { a: canary } }] },
        {
          role: "tool",
          content: [{ type: "tool-result", ...call, output: { type: "error-text", value: canary } }],
        },
      ],
      stopSequences: [canary],
      tools: [
        { type: "function", name: `${canary} !`, description: canary, inputSchema: { description: canary } },
      ],
      headers: { authorization: canary, "user-agent": `ai/7.0.0-${canary}` },
      providerOptions: { openai: { user: canary }, complianceguard: { metadata: { canary } } },
      abortSignal: AbortSignal.any([]),
    };
    await model.doGenerate(params);
    await collect((await model.doStream(params)).stream);
    await model.doGenerate(params).catch(() => {});
    await collect((await model.doStream(params)).stream);
    const { score } = recordTools({ score: { execute: failing } }, { recorder });
    await score.execute({ a: canary }, call).catch(() => {});
    await recorder.flush();
    // Four model calls and a tool run; and twice a call proposed that the next prompt answers with an error, of no tool.
    expect(sink.events).toHaveLength(7);
    expect(submitted).toHaveLength(7);
    const everything = JSON.stringify([sink.events, submitted, troubles]);
    expect(everything.includes(canary)).toBe(false);
  },
);

async function failing(_: unknown, __: unknown): Promise<never> {
  throw new CanaryError();
}
