// Peers measured beside each other: each in an application's process of its own, all of them alive and warm, every round
// running each of them once in a new order.
import { join } from "node:path";
import { startChild, temporaryDirectory } from "./children.mjs";
import { shuffled } from "./figures.mjs";

/**
 * Starts an application for each peer, and what it sends to: platforms and sinks are processes of their own and do not count.
 * @param peers By their names: which module, and what it is told.
 */
export async function startPeers(framework, peers) {
  const applications = {};
  const children = [];
  for (const [name, { peer, ...told }] of Object.entries(peers)) {
    const directory = temporaryDirectory();
    const server = serverOf(peer, told);
    const sink = server && (await startChild(server, { directory }));
    const input = { framework, peer, ...told, directory: join(directory, "outbox"), ...sink?.hello };
    applications[name] = await startChild("peers/application.mjs", input);
    children.push(applications[name], ...(sink ? [sink] : []));
  }
  const names = Object.keys(peers);
  return {
    /** Runs the load on every peer, unmeasured. */
    async warm(load) {
      for (const name of shuffled(names)) await applications[name].ask("run", load);
    },
    /** What each peer needed for the load, `{wallMs, cpuMs}`, round by round. */
    async rounds(load, count) {
      const rounds = [];
      for (let round = 0; round < count; round++) {
        const results = {};
        for (const name of shuffled(names)) results[name] = await applications[name].ask("run", load);
        rounds.push(results);
      }
      return rounds;
    },
    async stop() {
      for (const child of children) await child.stop();
    },
  };
}

function serverOf(peer, { keepsNothing }) {
  if (["none", "empty", "hash", "references"].includes(peer) || keepsNothing) return undefined;
  return peer === "complianceguard" ? "lib/platform.mjs" : "peers/sink.mjs";
}
