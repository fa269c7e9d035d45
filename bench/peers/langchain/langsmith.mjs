// LangSmith's tracer with its defaults, sending to the local sink.
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import { Client } from "langsmith";

export function create({ url }) {
  const client = new Client({ apiUrl: url, apiKey: "lsv2_bench" });
  const flush = async () => {
    await client.flush();
    await client.awaitPendingTraceBatches();
  };
  return { handler: new LangChainTracer({ client, projectName: "bench" }), flush };
}
