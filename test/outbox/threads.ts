import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";

/** The threads this process starts from now on. */
export function startedThreads(): Worker[] {
  const threads: Worker[] = [];
  const listener = (worker: Worker): void => void threads.push(worker);
  process.on("worker", listener);
  onTestFinished(() => void process.off("worker", listener));
  return threads;
}

/** Ends a thread as a crash would: at once, wherever it is. */
export async function kill(thread: Worker | undefined): Promise<void> {
  const gone = thread && once(thread, "exit");
  await thread?.terminate();
  await gone;
}
