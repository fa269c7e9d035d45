// One application in a process of its own, recorded by one peer.
import { answerTo, childInput } from "../lib/children.mjs";

const input = childInput();
const { applicationOf, settled } = await import(`./${input.framework}/application.mjs`);
const { create } = await import(`./${input.framework}/${input.peer}.mjs`);
const peer = await create(input);
const calls = new Map();

/** The call of a flow with so many bytes; without a word about it, that of the process's input. */
function callOf({ flow = input.flow, bytes = input.bytes, modelMs } = {}) {
  const key = `${flow} ${bytes} ${modelMs}`;
  if (!calls.has(key)) calls.set(key, applicationOf({ flow, bytes, modelMs }, peer));
  return calls.get(key);
}

async function delivered() {
  await settled();
  await peer.flush();
}

answerTo({
  /** So many calls, so many at once: time until the last has returned, CPU until all is delivered. */
  async run({ calls, concurrency, ...kind }) {
    const call = callOf(kind);
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
    const call = callOf();
    for (let index = 0; index < calls; index++) {
      const start = performance.now();
      await call();
      const restMs = everyMs - (performance.now() - start);
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  },
  /** One more call, and death at the moment it has returned. */
  async dieAfterCall() {
    await callOf()();
    process.kill(process.pid, "SIGKILL");
  },
  delivered,
});
