// SHA-256 of the long texts that a record of the call holds and nothing else: below this no recorder of references can come.
import { hash } from "node:crypto";
import { wrappedTools } from "./wrapped-tools.mjs";

const textOf = ({ text, output }) => text ?? output?.value ?? "";
const hashAll = (parts) => hash("sha256", parts.map(textOf).join(""));
const hashPrompt = ({ prompt }) => hashAll(prompt.flatMap(({ content }) => content));

export const create = () => ({
  middleware: {
    specificationVersion: "v4",
    async wrapGenerate({ doGenerate, params }) {
      hashPrompt(params);
      const answer = await doGenerate();
      hashAll(answer.content);
      return answer;
    },
    async wrapStream({ doStream, params }) {
      hashPrompt(params);
      return await doStream();
    },
  },
  wrapTools: (tools) =>
    wrappedTools(tools, async (_name, _args, execute) => {
      const result = await execute();
      hash("sha256", result);
      return result;
    }),
  flush: async () => {},
});
