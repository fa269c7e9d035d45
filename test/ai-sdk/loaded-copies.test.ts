import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import * as ours from "../../src/ai-sdk/index.ts";
import { sdks } from "../support/ai-sdks.ts";
import { startRecording, statusOf } from "../support/recording.ts";
import { type ModelAnswer, scriptedModel } from "../support/scripted-model.ts";

// Bundlers load this package several times: Next.js once for instrumentation.ts and once for each route.
let copy: typeof ours;

beforeEach(async () => {
  vi.resetModules();
  copy = await import("../../src/ai-sdk/index.ts");
  expect(copy.complianceGuardMiddleware).not.toBe(ours.complianceGuardMiddleware);
});

describe.each(sdks)("$name", ({ sdk, version, major, release }) => {
  const calls = (input: string): ModelAnswer => ({
    content: [{ type: "tool-call", toolCallId: "call_1", toolName: "score", input }],
    finish: "tool-calls",
  });
  const score = sdk.tool({
    description: "Scores.",
    inputSchema: z.object({ id: z.number() }),
    execute: async () => "0.82",
  });

  test("a model that two copies wrap gives one event an attempt", async () => {
    const { recorder, only } = startRecording();
    const middleware = [
      ours.complianceGuardMiddleware({ recorder }),
      copy.complianceGuardMiddleware({ recorder }),
    ];
    const model = sdk.wrapLanguageModel({ model: scriptedModel(version, [{}]), middleware });
    await sdk.generateText({ model, prompt: "Q" });
    expect(statusOf(await only())).toBe("success");
  });

  // The first 5.x throws at such a call.
  test.skipIf(release === "5.0.0")(
    "tools that one copy records, and a model and telemetry that another does, are known to each other",
    async () => {
      const { recorder, events } = startRecording();
      const model = sdk.wrapLanguageModel({
        model: scriptedModel(version, [calls('{"id":'), calls('{"id":7}'), {}]),
        middleware: copy.complianceGuardMiddleware({ recorder }),
      });
      const tools = ours.recordTools({ score }, { recorder });
      const integrations = [ours.complianceGuardTelemetry({ recorder })];
      const telemetry = major === 7 ? { integrations } : undefined;
      await sdk.generateText({ model, tools, prompt: "Q", telemetry, stopWhen: sdk.stepCountIs(4) });
      const runs = (await events()).filter(({ actor }) => actor?.type !== "agent");
      expect(runs.map(statusOf)).toEqual([
        "success",
        "error:ToolNotExecuted",
        "success",
        "success",
        "success",
      ]);
      expect(runs[1]?.input).toEqual({ name: "score", arguments: '{"id":' });
    },
  );

  test.skipIf(release === "5.0.0")(
    "what a call without JSON said to one copy is known to the one that is handed its messages",
    async () => {
      const { recorder, events } = startRecording();
      const model = sdk.wrapLanguageModel({
        model: scriptedModel(version, [calls('{"id":')]),
        middleware: copy.complianceGuardMiddleware({ recorder }),
      });
      const tools = copy.recordTools({ score }, { recorder });
      const { response } = await sdk.generateText({ model, tools, prompt: "Q" });
      await ours.recordUnexecutedCalls(response.messages, { recorder });
      expect((await events())[1]?.input).toEqual({ name: "score", arguments: '{"id":' });
    },
  );

  test("a failed schema that is handed to one copy is put on the model call that another saw", async () => {
    const { recorder, events } = startRecording();
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ content: [{ type: "text", text: "no JSON" }] }]),
      middleware: copy.complianceGuardMiddleware({ recorder }),
    });
    const asking = sdk.generateObject({ model, schema: z.object({}), prompt: "Q" });
    const error = await asking.catch((thrown: unknown) => thrown);
    expect(await ours.recordOutputFailure(error, { recorder })).toBe(true);
    const [answered, failed] = await events();
    expect(failed?.systemState.run["amends"]).toBe(answered?.eventId);
  });
});
