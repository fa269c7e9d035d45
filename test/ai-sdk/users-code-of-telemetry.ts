import { AsyncLocalStorage } from "node:async_hooks";
import {
  convertToModelMessages,
  generateText,
  type LanguageModel,
  registerTelemetry,
  type Telemetry,
  type UIMessage,
} from "ai";
import { complianceGuardTelemetry, recordApprovals, type TelemetryCall } from "../../src/ai-sdk/index.ts";
import type { Recorder } from "../../src/recorder/recorder.ts";

// What users write, compiled against each ai 7 by types.test.ts.

const tenant = new AsyncLocalStorage<{ readonly recorder: Recorder; readonly userId: string }>();

export function register(recorder: Recorder): void {
  const telemetry: Telemetry = complianceGuardTelemetry({ recorder });
  registerTelemetry(telemetry, complianceGuardTelemetry({ recorder: () => tenant.getStore()?.recorder }));
}

export async function chat(model: LanguageModel, messages: UIMessage[], recorder: Recorder): Promise<string> {
  await recordApprovals(messages, { recorder, reviewer: "alice", correlationId: "application-7" });
  const modelMessages = await convertToModelMessages(messages);
  await recordApprovals(modelMessages, {
    recorder,
    reviewer: ({ toolName }) => (toolName === "refund" ? "alice" : undefined),
  });
  const pick = ({ functionId }: TelemetryCall): Recorder | undefined =>
    functionId === "chat" ? recorder : undefined;
  const reviewer = (): string | undefined => tenant.getStore()?.userId;
  const integrations = [complianceGuardTelemetry({ recorder: pick, reviewer })];
  const telemetry = { integrations, functionId: "chat" };
  const { text } = await generateText({ model, messages: modelMessages, telemetry });
  return text;
}
