// The references of what a call was given and gave in plain objects, and nothing else: no clear fields, no links, no checks, no repairs.
import { reference } from "../../../dist/index.js";
import { wrappedTools } from "./wrapped-tools.mjs";

export function create() {
  const events = [];
  return {
    middleware: {
      specificationVersion: "v4",
      async wrapGenerate({ doGenerate, params }) {
        const input = reference(params.prompt);
        const answer = await doGenerate();
        events.push({ input, output: reference(answer.content) });
        return answer;
      },
      wrapStream: ({ doStream }) => doStream(),
    },
    wrapTools: (tools) =>
      wrappedTools(tools, async (name, args, execute) => {
        const input = reference({ name, arguments: args });
        const result = await execute();
        events.push({ input, output: reference({ result }) });
        return result;
      }),
    flush: async () => {
      events.length = 0;
    },
  };
}
