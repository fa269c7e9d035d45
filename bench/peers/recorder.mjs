// ComplianceGuard's recorder with its defaults: by way of the outbox to the embedded platform, or to a sink that keeps nothing.
// `sealed` records the content too, encrypted.
import { createRecorder } from "../../dist/index.js";

const nothing = { delivered: 0, waiting: 0, deadLetters: 0 };
const sinkThatKeepsNothing = {
  submit: async () => {},
  flush: async () => nothing,
  close: async () => nothing,
};

export function recorderOf({ url, apiKey, directory, sealed, keepsNothing }) {
  const recorder = createRecorder({
    systemId: "bench",
    version: "1",
    decisionClassification: "automated_decision",
    ...(keepsNothing ? { sink: sinkThatKeepsNothing } : { baseUrl: url, apiKey, outbox: { directory } }),
    ...(sealed && { payloadKey: new Uint8Array(32).fill(7), payloadKeyId: "bench" }),
  });
  const flush = async () => {
    const { waiting, paused } = await recorder.flush({ timeoutMs: 60_000 });
    if (waiting > 0) throw new Error(`${waiting} events wait${paused ? `: ${paused}` : ""}`);
  };
  return { recorder, flush };
}
