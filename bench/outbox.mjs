// What it costs until an event is on the disk, beside what a commit costs on the same disk; and what the application's thread
// notices of it.
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { openOutbox } from "../dist/outbox/outbox.js";
import { temporaryDirectory } from "./lib/children.mjs";
import { eventBodies } from "./lib/event-bodies.mjs";
import { figure, middle, quantile } from "./lib/figures.mjs";
import { printTable } from "./lib/table.mjs";

const ROUNDS = 7;
const ALONE = 150;
const TOGETHER = 4_000;
const IN_FLIGHT = 100;
const LOOP_EVENTS = 5_000;
/** Nobody listens there: what is accepted stays, and nothing but accepting is measured. */
const NOWHERE = "http://127.0.0.1:1";

/** Measures and prints the table of durable accepts. */
export async function benchOutbox() {
  const events = await eventBodies(1_000);
  const outbox = openOutbox({ baseUrl: NOWHERE, apiKey: "cg_bench", directory: temporaryDirectory() });
  let next = 0;
  const nextEvent = () => ({ ...events[next % events.length], eventId: `bench-${next++}` });
  const accept = () => outbox.submit(nextEvent());
  const commit = commitProbe(events[0].body);
  const rounds = [];
  await acceptTogether(accept, 1_000);
  await longestBlock(accept);
  await longestBlock(async () => void nextEvent());
  for (let round = 0; round < ROUNDS; round++) {
    const commits = await latencies(ALONE, commit);
    const alone = await latencies(ALONE, accept);
    const together = await acceptTogether(accept, TOGETHER);
    const withoutBlockMs = await longestBlock(async () => void nextEvent());
    const blockMs = await longestBlock(accept);
    rounds.push({ commits, alone, together, blockMs, withoutBlockMs });
  }
  await outbox.close({ timeoutMs: 0 });
  const each = (read) => middle(rounds.map(read));
  const perSecond = (list) => (1000 * list.length) / list.reduce((sum, ms) => sum + ms, 0);
  printTable(`Durable accepts of ${events[0].body.length} B (${ROUNDS} rounds, medians)`, [
    figure(
      "one commit of the same bytes on this disk, p50",
      each(({ commits }) => middle(commits)),
      "ms",
    ),
    figure(
      "one commit of the same bytes on this disk, p99",
      each(({ commits }) => quantile(commits, 0.99)),
      "ms",
    ),
    figure(
      "accepts a second, alone",
      each(({ alone }) => perSecond(alone)),
      "",
    ),
    figure(
      "accept, alone, p50",
      each(({ alone }) => middle(alone)),
      "ms",
    ),
    figure(
      "accept, alone, p99",
      each(({ alone }) => quantile(alone, 0.99)),
      "ms",
    ),
    figure(
      `accepts a second, ${IN_FLIGHT} in flight`,
      each(({ together }) => together.perSecond),
      "",
    ),
    figure(
      `accept, ${IN_FLIGHT} in flight, p50`,
      each(({ together }) => middle(together.latencies)),
      "ms",
    ),
    figure(
      `accept, ${IN_FLIGHT} in flight, p99`,
      each(({ together }) => quantile(together.latencies, 0.99)),
      "ms",
    ),
    figure(
      `events a commit, ${IN_FLIGHT} in flight`,
      each(({ together }) => together.perCommit),
      "",
      {
        atLeast: 30,
      },
    ),
    figure(
      `longest block of the event loop, ${LOOP_EVENTS} events, no outbox`,
      each(({ withoutBlockMs }) => withoutBlockMs),
      "ms",
    ),
    figure(
      `the same with the outbox, beyond that`,
      each(({ blockMs, withoutBlockMs }) => blockMs - withoutBlockMs),
      "ms",
      {
        atMost: 5,
      },
    ),
  ]);
}

/** Commits one row at a time to a file set up as the outbox's is. */
function commitProbe(body) {
  const database = new DatabaseSync(join(temporaryDirectory(), "probe.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (bytes BLOB)");
  const insert = database.prepare("INSERT INTO row VALUES (?)");
  return () => insert.run(body);
}

async function latencies(count, work) {
  const list = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await work();
    list.push(performance.now() - start);
  }
  return list;
}

/** Each of the callers in flight has its next event accepted as soon as the last one is. */
async function acceptTogether(accept, count) {
  const list = [];
  let commits = 0;
  let isCounted = false;
  const countCommit = () => {
    if (isCounted) return;
    isCounted = true;
    commits++;
    // After all that one answer of the outbox's thread resolves. An answer speaks of one commit, never of several.
    process.nextTick(() => {
      isCounted = false;
    });
  };
  let left = count;
  const start = performance.now();
  const caller = async () => {
    while (left-- > 0) {
      list.push(...(await latencies(1, accept)));
      countCommit();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  const seconds = (performance.now() - start) / 1000;
  return { latencies: list, perSecond: count / seconds, perCommit: count / commits };
}

/** The longest time, in milliseconds, that a timer of one millisecond had to wait meanwhile. */
async function longestBlock(accept) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let left = LOOP_EVENTS;
  const caller = async () => {
    while (left-- > 0) {
      await accept();
      await turn();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  delay.disable();
  return delay.max / 1e6;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await benchOutbox();
