import { expect, test } from "vitest";
import {
  complianceGuardMiddleware,
  complianceGuardTelemetry,
  recordApprovals,
  recordTools,
} from "../../src/ai-sdk/index.ts";
import { sdks7, ways } from "../support/ai-7.ts";
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
    const { recorder, sink, troubles } = startRecording({ onFailure: "block" }); // Start records too.
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

test.each(sdks7)(
  "$name: no content is in clear that telemetry and approvals show",
  async ({ sdk, version }) => {
    const { recorder, sink, troubles } = startRecording({ onFailure: "block" }); // Start records too.
    const submitted: string[] = [];
    const begin = sink.begin?.bind(sink);
    sink.begin = async (start) => {
      submitted.push(Buffer.from(start.body).toString());
      await begin?.(start);
    };
    const integrations = complianceGuardTelemetry({ recorder, reviewer: () => "alice" });
    const inputSchema = sdk.jsonSchema({ type: "object", description: canary });
    const approvalId = { approvalId: canary };
    const calls = ["ok", "fails", "asks"].map((toolName) => ({
      type: "tool-call",
      toolCallId: `${canary} ${toolName}`,
      toolName,
      input: `{"a":"${canary}"}`,
    }));
    const unknown = { ...calls[0], toolCallId: `${canary} unknown`, toolName: `invented ${canary}` };
    const settings = {
      system: canary,
      tools: {
        ok: sdk.tool({ inputSchema, execute: async () => ({ canary }) }),
        fails: sdk.tool({ inputSchema, execute: failing }),
        asks: sdk.tool({ inputSchema, execute: async () => canary }),
        [`my ${canary}`]: sdk.tool({ inputSchema }),
      },
      toolApproval: { asks: { type: "user-approval", reason: canary } },
      telemetry: { integrations, functionId: canary, includeRuntimeContext: { canary: true } },
      runtimeContext: { canary },
      providerOptions: { complianceguard: { metadata: { canary } }, other: { canary } },
      headers: { authorization: canary },
      maxRetries: 0,
    };
    const answers = [
      { content: [...calls, unknown], finish: canary, rawFinish: canary, id: canary, modelId: `${canary}!` },
    ];
    const model = scriptedModel(version, answers, `/models/${canary}.gguf`);
    const prompt = [{ role: "user", content: canary }];
    for (const { call } of ways) await call(sdk, { ...settings, model, messages: prompt });
    const asked = [
      ...prompt,
      {
        role: "assistant",
        content: [
          { ...calls[2], input: { a: canary } },
          { type: "tool-approval-request", toolCallId: calls[2]?.toolCallId, ...approvalId },
        ],
      },
    ];
    const answer = { type: "tool-approval-response", approved: true, reason: canary, reviewerId: canary };
    for (const messages of [
      [...asked, { role: "tool", content: [{ ...answer, ...approvalId }] }],
      [...asked, { role: "tool", content: [{ ...answer, approvalId: `made up ${canary}` }] }],
    ]) {
      const failing = scriptedModel(version, [{ error: new CanaryError() }]);
      for (const { call } of ways) await call(sdk, { ...settings, model: failing, messages }).catch(() => {});
      await recordApprovals(messages, { recorder });
    }
    await recorder.flush();
    expect(sink.events.length).toBeGreaterThanOrEqual(15);
    expect(submitted.length).toBeGreaterThanOrEqual(10);
    const everything = JSON.stringify([sink.events, submitted, troubles]);
    expect(everything.includes(canary)).toBe(false);
  },
);

async function failing(_: unknown, __: unknown): Promise<never> {
  throw new CanaryError();
}
