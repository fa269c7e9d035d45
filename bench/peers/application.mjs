// One application in a process of its own, with one peer's handler.
import { awaitAllCallbacks } from "@langchain/core/callbacks/promises";
import { answerTo, childInput } from "../lib/children.mjs";
import { applicationOf } from "./chain.mjs";

const input = childInput();
const { create } = await import(`./${input.peer}.mjs`);
const { handler, flush } = create(input);
const call = applicationOf(input.bytes, handler);

async function delivered() {
  await awaitAllCallbacks();
  await flush();
}

answerTo({
  /** So many calls, so many at once: time until the last has returned, CPU until all is delivered. */
  async run({ calls, concurrency }) {
    const before = process.cpuUsage();
    const start = performance.now();
    let left = calls;
    const caller = async () => {
      while (left-- > 0) await call();
    };
    await Promise.all(Array.from({ length: concurrency }, caller));
    const wallMs = performance.now() - start;
    await delivered();
    const { user, system } = process.cpuUsage(before);
    return { wallMs, cpuMs: (user + system) / 1000 };
  },
  /** Calls at a steady pace. */
  async drip({ calls, everyMs }) {
    for (let index = 0; index < calls; index++) {
      const start = performance.now();
      await call();
      const restMs = everyMs - (performance.now() - start);
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  },
  /** One more call, and death at the moment it has returned. */
  async dieAfterCall() {
    await call();
    process.kill(process.pid, "SIGKILL");
  },
  delivered,
});
