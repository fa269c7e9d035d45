// ComplianceGuard with its defaults, by way of the outbox to the embedded platform; `sealed` sends the content too, encrypted.
import { createRecorder } from "../../dist/index.js";
import { ComplianceGuardHandler } from "../../dist/langchain/index.js";

export function create({ url, apiKey, directory, sealed }) {
  const recorder = createRecorder({
    baseUrl: url,
    apiKey,
    systemId: "bench",
    version: "1",
    decisionClassification: "automated_decision",
    outbox: { directory },
    ...(sealed && { payloadKey: new Uint8Array(32).fill(7), payloadKeyId: "bench" }),
  });
  return {
    handler: new ComplianceGuardHandler({ recorder }),
    async flush() {
      const { waiting, paused } = await recorder.flush({ timeoutMs: 60_000 });
      if (waiting > 0) throw new Error(`${waiting} events wait${paused ? `: ${paused}` : ""}`);
    },
  };
}
