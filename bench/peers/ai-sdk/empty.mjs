// A middleware that does nothing: what it costs that there is one.
export const create = () => ({
  middleware: {
    specificationVersion: "v4",
    wrapGenerate: ({ doGenerate }) => doGenerate(),
    wrapStream: ({ doStream }) => doStream(),
  },
  flush: async () => {},
});
