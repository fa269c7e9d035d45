// The embedded platform as a process of its own, so that its work counts for nobody else. Can go down and come back.
import { startServer } from "../../dist/server/index.js";
import { answerTo, childInput } from "./children.mjs";

const { directory, port = 0 } = childInput();
const API_KEY = "cg_bench_0123456789abcdef";
const options = { directory, apiKey: API_KEY, systems: ["bench"] };
let server = await startServer({ ...options, port });
const { url, port: ownPort } = server;

/** How many events there are of each kind of actor. */
async function eventsByActor() {
  const counts = {};
  let after = 0;
  do {
    const answer = await fetch(`${url}/v1/events?limit=1000&after=${after}`, {
      headers: { "x-api-key": API_KEY },
    });
    const { events, nextAfter } = await answer.json();
    for (const { actor } of events) counts[actor?.type ?? "none"] = (counts[actor?.type ?? "none"] ?? 0) + 1;
    after = nextAfter;
  } while (after !== null);
  return counts;
}

answerTo(
  {
    eventsByActor,
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    down: () => server.close(),
    up: async () => {
      server = await startServer({ ...options, port: ownPort });
    },
    close: () => server.close(),
  },
  { url, apiKey: API_KEY, port: ownPort },
);
