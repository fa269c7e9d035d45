// How fast 10,000 waiting events reach the embedded platform: outbox and platform in one process each, on the same two cores.
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { startChild, temporaryDirectory } from "./lib/children.mjs";
import { figure, middle } from "./lib/figures.mjs";
import { printTable } from "./lib/table.mjs";

const ROUNDS = 3;
const EVENTS = 10_000;

/** Measures and prints the table of delivery. */
export async function benchDelivery() {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await deliverAll());
  const each = (read) => middle(rounds.map(read));
  printTable(
    `${EVENTS.toLocaleString("en-US")} waiting events to the embedded platform, one a post (${ROUNDS} rounds, medians, ${availableParallelism()} cores)`,
    [
      figure(
        "delivered a second, each durable and chained before its answer",
        each(({ seconds }) => EVENTS / seconds),
        "",
        { atLeast: 1_500 },
      ),
      figure(
        "CPU of the platform an event",
        each(({ platformMs }) => (1000 * platformMs) / EVENTS),
        "µs",
      ),
      figure(
        "CPU of the delivering process an event",
        each(({ senderMs }) => (1000 * senderMs) / EVENTS),
        "µs",
      ),
    ],
  );
}

async function deliverAll() {
  const platform = await startChild("lib/platform.mjs", { directory: temporaryDirectory() });
  const { url: baseUrl, apiKey } = platform.hello;
  const options = { baseUrl, apiKey, directory: temporaryDirectory() };
  try {
    // While nobody answers, they are kept; then another process finds them.
    await platform.ask("down");
    const writer = await startChild("lib/outbox-process.mjs", options);
    await writer.ask("fill", EVENTS);
    await writer.stop();
    await platform.ask("up");
    const sender = await startChild("lib/outbox-process.mjs", options);
    const before = await platform.ask("cpuMs");
    const { seconds, cpuMs, waiting } = await sender.ask("deliver");
    const platformMs = (await platform.ask("cpuMs")) - before;
    await sender.stop();
    const { none: arrived } = await platform.ask("eventsByActor");
    if (waiting !== 0 || arrived !== EVENTS)
      throw new Error(`${arrived} of ${EVENTS} events arrived, ${waiting} wait`);
    return { seconds, senderMs: cpuMs, platformMs };
  } finally {
    await platform.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await benchDelivery();
