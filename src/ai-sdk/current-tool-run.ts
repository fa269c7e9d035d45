import { AsyncLocalStorage } from "node:async_hooks";
import type { Run } from "../recorder/run.ts";

/** The tool run whose `execute` we are in: what models and tools do in there belongs to it. */
export const currentToolRun: AsyncLocalStorage<Run> = new AsyncLocalStorage();
