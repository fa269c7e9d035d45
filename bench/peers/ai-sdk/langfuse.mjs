// Langfuse as its documentation sets it up for ai 7, sending to the local sink.
import { LangfuseVercelAiSdkIntegration } from "@langfuse/vercel-ai-sdk";
import { registerTelemetry } from "ai";
import { sendSpansTo } from "../langfuse-spans.mjs";

export function create({ url }) {
  const flush = sendSpansTo(url);
  registerTelemetry(new LangfuseVercelAiSdkIntegration());
  return { flush };
}
