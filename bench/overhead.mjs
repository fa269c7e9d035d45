// What recording costs an application beside Langfuse and LangSmith: LangChain's prompt, model, parser with 16 KB each way.
// Platform and sinks are processes of their own and do not count. Every round runs each peer once, in a new order.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startChild, temporaryDirectory } from "./lib/children.mjs";
import { figure, middle, shuffled } from "./lib/figures.mjs";
import { printTable, short } from "./lib/table.mjs";

const BYTES = 16 * 1024;
const ROUNDS = Number(process.env.ROUNDS ?? 9);
const PEERS = ["empty", "langfuse", "langsmith", "complianceguard", "complianceguard, sealed"];
const OURS = PEERS.slice(3);
const LOADS = [
  { concurrency: 1, calls: 80, goals: { langsmith: 0.5 } },
  // Long enough for the start records of chain and model: a run that ends within 5 ms has its event instead.
  { concurrency: 1, calls: 80, modelMs: 10, goals: { langsmith: 0.5 } },
  { concurrency: 50, calls: 150, goals: { langfuse: 0.7 } },
];

const children = [];
const applications = {};
for (const name of PEERS) {
  const [peer, sealed] = name.split(", ");
  const directory = temporaryDirectory();
  const server = peer === "complianceguard" ? "lib/platform.mjs" : "peers/sink.mjs";
  const sink = await startChild(server, { directory });
  const input = {
    framework: "langchain",
    peer,
    sealed: Boolean(sealed),
    bytes: BYTES,
    directory: join(directory, "outbox"),
  };
  applications[name] = await startChild("peers/application.mjs", { ...input, ...sink.hello });
  children.push(applications[name], sink);
}

// The engine compiles what has run about 10,000 times once more, for good: nobody is measured before that.
for (const name of shuffled(PEERS)) {
  await applications[name].ask("run", { calls: 10_000, concurrency: 50 });
  await applications[name].ask("run", { calls: 300, concurrency: 1 });
}
const commitMs = commitLatency();
for (const { concurrency, calls, modelMs, goals } of LOADS) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const results = {};
    for (const name of shuffled(PEERS))
      results[name] = await applications[name].ask("run", { calls, concurrency, modelMs });
    rounds.push(results);
  }
  print({ concurrency, calls, modelMs, goals, rounds });
}
for (const child of children) await child.stop();

function print({ concurrency, calls, modelMs, goals, rounds }) {
  const each = (read) => middle(rounds.map(read));
  const addedCpu = (results, name) => results[name].cpuMs - results.empty.cpuMs;
  const micros = (ms) => short((1000 * ms) / calls);
  printTable(
    `LangChain, ${BYTES / 1024} KB, ${modelMs ? `a model that takes ${modelMs} ms, ` : ""}concurrency ${concurrency} (${ROUNDS} interleaved rounds of ${calls} calls, medians)`,
    PEERS.map((name) => ({
      handler: name,
      "wall µs a call": micros(each((results) => results[name].wallMs)),
      "CPU µs a call, all delivered": micros(each((results) => results[name].cpuMs)),
      "added to empty": micros(each((results) => addedCpu(results, name))),
    })),
  );
  // The others send content in clear: what it costs to seal it stands beside.
  const goalOf = (ours, peer) => (goals[peer] && ours === OURS[0] ? { atMost: goals[peer] } : {});
  const ratio = (ours, peer) => each((results) => addedCpu(results, ours) / addedCpu(results, peer));
  printTable(`Added CPU, median of the rounds' ratios; a commit on this disk takes ${short(commitMs)} ms`, [
    ...OURS.flatMap((ours) =>
      ["langfuse", "langsmith"].map((peer) =>
        figure(`${ours} / ${peer}`, ratio(ours, peer), "", goalOf(ours, peer)),
      ),
    ),
  ]);
}

/** The median time of a commit of as many bytes, in milliseconds, on the disk that the outbox uses. */
function commitLatency() {
  const database = new DatabaseSync(join(temporaryDirectory(), "probe.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (bytes BLOB)");
  const insert = database.prepare("INSERT INTO row VALUES (?)");
  const bytes = new Uint8Array(BYTES);
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    insert.run(bytes);
    return performance.now() - start;
  });
  return middle(times);
}
