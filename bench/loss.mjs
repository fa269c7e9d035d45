// Which events are lost, beside Langfuse and LangSmith: by SIGKILL under traffic, and while the platform is down. One call
// every 20 ms; all peers at the same time, each with a platform or sink of its own.
import { join } from "node:path";
import { startChild, temporaryDirectory } from "./lib/children.mjs";
import { figure } from "./lib/figures.mjs";
import { printTable } from "./lib/table.mjs";

const BYTES = 1024;
const EVERY_MS = 20;
const CALLS_BEFORE_KILL = 600;
const DOWN_MS = 30_000;
/** How long what is left may take to arrive once all is well again. */
const GRACE_MS = 60_000;
const PEERS = ["complianceguard", "langfuse", "langsmith"];

/** Events, spans or runs that one call makes, as its sink saw them. */
const itemsPerCall = new Map();

await measure(`SIGKILL after ${CALLS_BEFORE_KILL} calls, then a restart`, async (peer) => {
  const { application, restart, seen, stop } = await start(peer);
  const before = await seen();
  await application.ask("drip", { calls: CALLS_BEFORE_KILL - 1, everyMs: EVERY_MS });
  application.tell("dieAfterCall");
  await application.exited;
  const restarted = await restart();
  await arrive(restarted);
  const items = (await seen()) - before;
  await restarted.stop();
  await stop();
  return { calls: CALLS_BEFORE_KILL, items };
});

await measure(`platform down for ${DOWN_MS / 1000} s, then back`, async (peer) => {
  const { application, seen, sink, stop } = await start(peer);
  const calls = DOWN_MS / EVERY_MS;
  const before = await seen();
  await sink.ask("down");
  const until = performance.now() + DOWN_MS;
  await application.ask("drip", { calls, everyMs: EVERY_MS });
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())));
  await sink.ask("up");
  await arrive(application);
  const items = (await seen()) - before;
  await application.stop();
  await stop();
  return { calls, items };
});

/** An application with its sink, warm: what one call makes has been counted. */
async function start(peer) {
  const directory = temporaryDirectory();
  const isOurs = peer === "complianceguard";
  const sink = await startChild(isOurs ? "lib/platform.mjs" : "peers/sink.mjs", { directory });
  const input = {
    framework: "langchain",
    peer,
    bytes: BYTES,
    directory: join(directory, "outbox"),
    ...sink.hello,
  };
  const restart = () => startChild("peers/application.mjs", input);
  const seen = async () => {
    if (!isOurs) return sink.ask("seen");
    // Events about the recorder itself count for nothing here.
    const { model = 0, chain = 0 } = await sink.ask("eventsByActor");
    return model + chain;
  };
  const application = await restart();
  await application.ask("run", { calls: 5, concurrency: 1 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  itemsPerCall.set(peer, (await seen()) / 5);
  return { application, restart, seen, sink, stop: () => sink.stop() };
}

/** Waits until a peer says that all is delivered, or the time is up; and a little for what it has sent but not awaited. */
async function arrive(application) {
  await application.ask("delivered", undefined, { timeoutMs: GRACE_MS }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}

async function measure(title, run) {
  const results = await Promise.all(PEERS.map(run));
  const rows = PEERS.map((peer, index) => {
    const { calls, items } = results[index];
    const made = Math.round(calls * itemsPerCall.get(peer));
    const lost = Math.max(0, made - items);
    const goal = peer === "complianceguard" ? { atMost: 0 } : {};
    const { figure: handler, ...rest } = figure(peer, lost, "", goal);
    return {
      handler,
      made: String(made),
      arrived: String(items),
      lost: `${rest.measured} (${((100 * lost) / made).toFixed(1)} %)`,
      goal: rest.goal,
      result: rest.result,
    };
  });
  printTable(`Lost: ${title} (one call every ${EVERY_MS} ms)`, rows);
}
