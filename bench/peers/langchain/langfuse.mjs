// Langfuse as its documentation sets it up, sending to the local sink.
import { CallbackHandler } from "@langfuse/langchain";
import { sendSpansTo } from "../langfuse-spans.mjs";

export function create({ url }) {
  const flush = sendSpansTo(url);
  return { handler: new CallbackHandler(), flush };
}
