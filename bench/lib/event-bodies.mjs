// Finished bodies of events, as an outbox keeps them.
import { randomBytes } from "node:crypto";
import { encodeNewEvent } from "../../dist/client/new-event.js";
import { plainText } from "./documents.mjs";

const payloadKey = randomBytes(32);

/** So many different events with a sealed payload, about 2 KB each. */
export async function eventBodies(count) {
  const bodies = [];
  for (let index = 0; index < count; index++) {
    const event = {
      systemId: "bench",
      modelId: "gpt-x",
      version: "1",
      decisionClassification: "automated_decision",
      input: { role: "user", content: plainText(400) },
      output: { role: "assistant", content: plainText(400) },
      metadata: { latencyMs: index },
      payloadKey,
      payloadKeyId: "bench",
    };
    bodies.push(await encodeNewEvent(event, Date.now()));
  }
  return bodies;
}
