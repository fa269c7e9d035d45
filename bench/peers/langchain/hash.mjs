// SHA-256 of the long texts that a record of the call holds and nothing else: below this no recorder of references can come.
import { hash } from "node:crypto";
import { create as createEmpty } from "./empty.mjs";

export function create() {
  const { handler, flush } = createEmpty();
  return {
    handler: Object.assign(handler, {
      name: "hash",
      async handleChainStart(_serialized, inputs, _runId, parentRunId) {
        if (!parentRunId) hash("sha256", inputs.input);
      },
      async handleChatModelStart(_serialized, [messages]) {
        hash("sha256", messages.at(-1).content);
      },
      async handleLLMEnd({ generations }) {
        hash("sha256", generations[0][0].text);
      },
      async handleChainEnd({ output }, _runId, parentRunId) {
        if (!parentRunId) hash("sha256", output);
      },
    }),
    flush,
  };
}
