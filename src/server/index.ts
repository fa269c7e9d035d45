export type { Scope } from "./auth.ts";
export type { ChainAnswer } from "./chain-routes.ts";
export type { ServerOptions } from "./options.ts";
export type { ProblemCode } from "./problem.ts";
export type { RunningServer } from "./serve.ts";
export { startServer } from "./serve.ts";
