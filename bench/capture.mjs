// What capture costs an application, LangChain's and the AI SDK's: ComplianceGuard with a sink that keeps nothing, beside nothing, a
// handler that does nothing, one that only hashes, one that only makes references, Langfuse and LangSmith with local sinks; and beside
// all of them ComplianceGuard's whole way, by its outbox to the embedded platform.
// `node bench/capture.mjs [langchain | ai-sdk] [--kb 16] [--quick]`
import { parseArgs } from "node:util";
import { startChild } from "./lib/children.mjs";
import { figure, middle } from "./lib/figures.mjs";
import { startPeers } from "./lib/peer-rounds.mjs";
import { printTable, short } from "./lib/table.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, kb: { type: "string" } },
});
/** Quick: does it run? Its figures are worth nothing. */
const { quick, kb } = values;
const ROUNDS = quick ? 1 : Number(process.env.ROUNDS ?? 9);
const sized = (load) => (quick ? { ...load, calls: 2, concurrency: Math.min(2, load.concurrency) } : load);

const KB = 1024;
/** The engine compiles what has run about 10,000 times once more, for good: nobody is measured before that. */
const WARM_CALLS = 12_000;
const PEERS = {
  none: { peer: "none" },
  empty: { peer: "empty" },
  "SHA-256 alone": { peer: "hash" },
  "references alone": { peer: "references" },
  Langfuse: { peer: "langfuse" },
  LangSmith: { peer: "langsmith" },
  "capture, references only": { peer: "complianceguard", keepsNothing: true },
  "capture, sealed": { peer: "complianceguard", keepsNothing: true, sealed: true },
  "whole way, references only": { peer: "complianceguard" },
  "whole way, sealed": { peer: "complianceguard", sealed: true },
};
const CAPTURE = "capture, references only";
const OURS = Object.keys(PEERS).filter((name) => PEERS[name].peer === "complianceguard");

/** Goals hold where they are given: the CPU that ours adds to that of the empty one, as a part of what the other adds. */
const FRAMEWORKS = {
  langchain: {
    title: "LangChain",
    loads: [
      { bytes: KB, concurrency: 1, calls: 200 },
      { bytes: KB, concurrency: 50, calls: 400 },
      {
        bytes: 16 * KB,
        concurrency: 1,
        calls: 400,
        warmCalls: WARM_CALLS,
        goals: {
          [CAPTURE]: { Langfuse: 0.2, LangSmith: 0.12 },
          "capture, sealed": { Langfuse: 0.35, LangSmith: 0.2 },
        },
        isFasterThan: "Langfuse",
      },
      { bytes: 16 * KB, concurrency: 50, calls: 200, warmCalls: 400 },
      { bytes: 256 * KB, concurrency: 1, calls: 12 },
      { bytes: 256 * KB, concurrency: 50, calls: 50 },
    ],
  },
  "ai-sdk": {
    title: "AI SDK",
    loads: ["generate", "tool", "stream"].map((flow) => ({
      flow,
      bytes: 16 * KB,
      concurrency: 1,
      calls: flow === "generate" ? 400 : flow === "tool" ? 150 : 30,
      warmCalls: flow === "generate" ? WARM_CALLS : flow === "tool" ? WARM_CALLS / 2 : WARM_CALLS / 30,
      rounds: flow === "stream" ? 2 * ROUNDS : ROUNDS,
      goals: { [CAPTURE]: { Langfuse: 0.2, LangSmith: 0.15 } },
    })),
  },
};

const chosen = positionals.length > 0 ? positionals : Object.keys(FRAMEWORKS);
for (const framework of chosen) {
  const { title, loads } = FRAMEWORKS[framework];
  for (const flow of new Set(loads.map((load) => load.flow)))
    await measure(
      framework,
      title,
      loads.filter((load) => load.flow === flow),
    );
}
if (chosen.includes("ai-sdk")) await measureStreamedPart();
if (quick) process.exitCode = 0;

/** Loads of one flow, in processes of their own: what other flows have taught the engine does not count. */
async function measure(framework, title, loads) {
  const peers = await startPeers(framework, PEERS);
  for (const { warmCalls, flow, bytes, concurrency } of loads.filter((load) => load.warmCalls !== undefined))
    await peers.warm(sized({ flow, bytes, concurrency, calls: warmCalls }));
  for (const { goals = {}, isFasterThan, rounds = ROUNDS, warmCalls: _, ...load } of loads) {
    if (kb !== undefined && load.bytes !== Number(kb) * KB) continue;
    const { flow, bytes, concurrency, calls } = sized(load);
    await peers.warm({ flow, bytes, concurrency, calls: Math.ceil(calls / 8) });
    const results = await peers.rounds({ flow, bytes, concurrency, calls }, quick ? 1 : rounds);
    const name = [title, flow, `${bytes / KB} KB`, `concurrency ${concurrency}`].filter(Boolean).join(", ");
    print({ name, calls, goals, isFasterThan, rounds: results });
  }
  await peers.stop();
}

function print({ name, calls, goals, isFasterThan, rounds }) {
  const each = (read) => middle(rounds.map(read));
  const addedCpu = (results, peer) => results[peer].cpuMs - results.empty.cpuMs;
  const micros = (ms) => short((1000 * ms) / calls);
  printTable(
    `${name} (${rounds.length} interleaved rounds of ${calls} calls, medians)`,
    Object.keys(PEERS).map((peer) => ({
      recorder: peer,
      "wall µs a call": micros(each((results) => results[peer].wallMs)),
      "CPU µs a call, all delivered": micros(each((results) => results[peer].cpuMs)),
      "added to empty": micros(each((results) => addedCpu(results, peer))),
    })),
  );
  const others = ["Langfuse", "LangSmith"];
  const ratios = ["SHA-256 alone", "references alone", ...OURS].flatMap((ours) =>
    others.map((peer) => {
      const ratio = each((results) => addedCpu(results, ours) / addedCpu(results, peer));
      const goal = goals[ours]?.[peer];
      return figure(`${ours} / ${peer}: added CPU`, ratio, "", goal === undefined ? {} : { atMost: goal });
    }),
  );
  const beyondHash = (results) => results[CAPTURE].cpuMs - results["SHA-256 alone"].cpuMs;
  const rest = others.map((peer) =>
    figure(
      `${CAPTURE}, beyond SHA-256 / ${peer}: added CPU`,
      each((results) => beyondHash(results) / addedCpu(results, peer)),
      "",
    ),
  );
  const walls = OURS.filter((ours) => isFasterThan && goals[ours]).map((ours) => {
    const ratio = each((results) => results[ours].wallMs / results[isFasterThan].wallMs);
    return figure(`${ours} / ${isFasterThan}: wall`, ratio, "", { atMost: 1 });
  });
  printTable("Medians of the rounds' ratios", [...ratios, ...rest, ...walls]);
}

async function measureStreamedPart() {
  const child = await startChild("peers/ai-sdk/streamed-part.mjs");
  const rounds = quick ? 1 : 40;
  const counts = { rounds, streams: quick ? 1 : 4, warmStreams: quick ? 1 : 300 };
  const { base, part, stream } = await child.ask("measure", counts);
  await child.stop();
  const title = `AI SDK, CPU of a streamed part: the same 16 KB in 500 parts and in 100 (${rounds} rounds in one process, medians of their differences)`;
  printTable(title, [
    figure("a part more, without middleware", base, "µs"),
    figure("added to that by an empty middleware", part.empty, "µs"),
    figure("added to that by capture, references only", part.references, "µs", { atMost: 1.5 }),
    figure("added to that by capture, sealed", part.sealed, "µs"),
    figure("a whole stream of 500 parts and its event, references only", stream.references, "µs"),
    figure("a whole stream of 500 parts and its event, sealed", stream.sealed, "µs"),
  ]);
}
