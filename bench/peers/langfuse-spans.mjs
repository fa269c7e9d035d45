// Langfuse's spans as its documentation sets them up, sent to the local sink.
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

/** Every span of this process goes to the sink; gives what sends those that wait. */
export function sendSpansTo(url) {
  const processor = new LangfuseSpanProcessor({
    publicKey: "pk-lf-bench",
    secretKey: "sk-lf-bench",
    baseUrl: url,
  });
  new NodeTracerProvider({ spanProcessors: [processor] }).register();
  return () => processor.forceFlush();
}
