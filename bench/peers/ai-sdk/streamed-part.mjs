// What a streamed part costs: variants in one process, so that the engine treats them alike. Every round runs each of them once
// in a new order; differences are taken within a round.
import { answerTo } from "../../lib/children.mjs";
import { middle, shuffled } from "../../lib/figures.mjs";
import { applicationOf, STREAMED_PARTS } from "./application.mjs";
import { create as recorded } from "./complianceguard.mjs";
import { create as empty } from "./empty.mjs";

const kind = { flow: "stream", bytes: 16 * 1024 };
const variants = {
  none: applicationOf(kind, {}),
  empty: applicationOf(kind, empty()),
  references: applicationOf(kind, recorded({ keepsNothing: true })),
  sealed: applicationOf(kind, recorded({ keepsNothing: true, sealed: true })),
};
const names = Object.keys(variants);

answerTo({
  /** Microseconds of CPU a part: of each variant, and beyond that without middleware. */
  async measure({ rounds, streams, warmStreams }) {
    for (const name of shuffled(names)) await microsPerPart(variants[name], warmStreams);
    const measured = [];
    for (let round = 0; round < rounds; round++) {
      const micros = {};
      for (const name of shuffled(names)) micros[name] = await microsPerPart(variants[name], streams);
      measured.push(micros);
    }
    const each = (read) =>
      Object.fromEntries(names.map((name) => [name, middle(measured.map((micros) => read(micros, name)))]));
    return {
      micros: each((micros, name) => micros[name]),
      added: each((micros, name) => micros[name] - micros.none),
    };
  },
});

async function microsPerPart(call, streams) {
  const before = process.cpuUsage();
  for (let left = streams; left > 0; left--) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (streams * STREAMED_PARTS);
}
