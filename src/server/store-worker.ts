import { parentPort, workerData } from "node:worker_threads";
import { isComplianceGuardError } from "../core/errors.ts";
import { EventStore } from "./event-store.ts";
import type { StoreOpening, StoreReply, StoreRequest } from "./store-messages.ts";

// The thread that owns the database. Started by store-thread.ts and by nothing else.

const port = parentPort;
const { file, newEnvironmentId } = workerData as StoreOpening;

function answer(id: number, work: () => unknown): void {
  port?.postMessage(replyOf(id, work));
}

function replyOf(id: number, work: () => unknown): StoreReply {
  try {
    return { id, output: work() };
  } catch (error) {
    const { message } = error as Error;
    return { id, error: { code: isComplianceGuardError(error) ? error.code : undefined, message } };
  }
}

answer(0, () => {
  const store = new EventStore(file, newEnvironmentId);
  port?.on("message", ({ id, method, input }: StoreRequest) => {
    answer(id, () => store[method](input as never));
    if (method === "close") port.close();
  });
  return store.environmentId;
});
