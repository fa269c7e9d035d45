// Langfuse as its documentation sets it up, sending to the local sink.
import { CallbackHandler } from "@langfuse/langchain";
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

export function create({ url }) {
  const processor = new LangfuseSpanProcessor({
    publicKey: "pk-lf-bench",
    secretKey: "sk-lf-bench",
    baseUrl: url,
  });
  new NodeTracerProvider({ spanProcessors: [processor] }).register();
  return { handler: new CallbackHandler(), flush: () => processor.forceFlush() };
}
