/** The same tools, each run by `run(name, args, execute)`, where `execute` gives the tool's own result. */
export const wrappedTools = (tools, run) =>
  Object.fromEntries(
    Object.entries(tools).map(([name, { execute, ...tool }]) => [
      name,
      { ...tool, execute: (args, ...given) => run(name, args, () => execute(args, ...given)) },
    ]),
  );
