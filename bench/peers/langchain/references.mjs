// The four references of a call's two events in two plain objects, and nothing else: no clear fields, no links, no checks, no repairs.
import { reference } from "../../../dist/index.js";
import { create as createEmpty } from "./empty.mjs";

const messageOf = (message) => ({
  role: message.getType(),
  parts: [{ type: "text", content: message.content }],
});

export function create() {
  const { handler, flush } = createEmpty();
  const runs = new Map();
  const events = [];
  const end = (runId, output) => {
    if (!runs.has(runId)) return;
    const input = runs.get(runId);
    runs.delete(runId);
    events.push({ runId, input: reference(input), output: reference(output) });
  };
  return {
    handler: Object.assign(handler, {
      name: "references",
      async handleChainStart(_serialized, inputs, runId, parentRunId) {
        if (!parentRunId) runs.set(runId, { value: inputs });
      },
      async handleChatModelStart(_serialized, [messages], runId) {
        runs.set(runId, { messages: messages.map(messageOf) });
      },
      async handleLLMEnd({ generations }, runId) {
        end(runId, { messages: [messageOf(generations[0][0].message)] });
      },
      async handleChainEnd({ output }, runId) {
        end(runId, { value: output });
      },
    }),
    async flush() {
      events.length = 0;
      await flush();
    },
  };
}
