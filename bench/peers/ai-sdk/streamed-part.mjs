// What a streamed part costs: variants in one process, so that the engine treats them alike. Every round runs each of them once
// in a new order, with the same text in few parts and in many; differences are taken within a round.
import { answerTo } from "../../lib/children.mjs";
import { middle, shuffled } from "../../lib/figures.mjs";
import { applicationOf, STREAMED_PARTS } from "./application.mjs";
import { create as recorded } from "./complianceguard.mjs";
import { create as empty } from "./empty.mjs";

const FEW_PARTS = STREAMED_PARTS / 5;
const recorders = {
  none: {},
  empty: empty(),
  references: recorded({ keepsNothing: true }),
  sealed: recorded({ keepsNothing: true, sealed: true }),
};
const names = Object.keys(recorders);
const callsOf = (parts) =>
  Object.fromEntries(
    names.map((name) => [name, applicationOf({ flow: "stream", bytes: 16 * 1024, parts }, recorders[name])]),
  );
const [many, few] = [callsOf(STREAMED_PARTS), callsOf(FEW_PARTS)];

answerTo({
  /**
   * Microseconds of CPU beyond those without middleware: of a part more (`part`), and of a whole stream, its event included
   * (`stream`); `base` is what a part more takes without.
   */
  async measure({ rounds, streams, warmStreams }) {
    for (const name of shuffled(names)) await micros(many[name], warmStreams);
    for (const name of shuffled(names)) await micros(few[name], warmStreams);
    const measured = [];
    for (let round = 0; round < rounds; round++) {
      const results = {};
      for (const name of shuffled(names)) {
        const [whole, short] = [await micros(many[name], streams), await micros(few[name], 2 * streams)];
        results[name] = { stream: whole, part: (whole - short) / (STREAMED_PARTS - FEW_PARTS) };
      }
      measured.push(results);
    }
    const added = (figure) =>
      Object.fromEntries(
        names.map((name) => [
          name,
          middle(measured.map((results) => results[name][figure] - results.none[figure])),
        ]),
      );
    const base = middle(measured.map(({ none }) => none.part));
    return { base, part: added("part"), stream: added("stream") };
  },
});

/** Of one stream. */
async function micros(call, streams) {
  const before = process.cpuUsage();
  for (let left = streams; left > 0; left--) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / streams;
}
