// LangSmith as its documentation sets it up for ai 7, sending to the local sink.
import { registerTelemetry } from "ai";
import { Client } from "langsmith";
import { LangSmithTelemetry } from "langsmith/experimental/vercel";

export function create({ url }) {
  const client = new Client({ apiUrl: url, apiKey: "lsv2_bench" });
  registerTelemetry(LangSmithTelemetry({ client, projectName: "bench", tracingEnabled: true }));
  return {
    flush: async () => {
      await client.flush();
      await client.awaitPendingTraceBatches();
    },
  };
}
