// Compares functions in one process: every round runs each of them once, in a new order, so that what disturbs the machine
// disturbs them alike.

/** The middle of a list of numbers. */
export function median(numbers) {
  const sorted = numbers.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Times each candidate in `rounds` slices of about `sliceMs`.
 * @returns {{ microseconds(name): number, ratio(name, base): number }} Medians: of the time of a call, and of the ratios of
 * the two times of one round.
 */
export function compare(candidates, { rounds = 25, sliceMs = 30 } = {}) {
  const names = Object.keys(candidates);
  const calls = new Map(names.map((name) => [name, callsPerSlice(candidates[name], sliceMs)]));
  const times = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) times.get(name).push(timeOf(candidates[name], calls.get(name)));
  }
  return {
    microseconds: (name) => median(times.get(name)) / 1000,
    ratio: (name, base) => median(times.get(name).map((time, round) => time / times.get(base)[round])),
  };
}

/** How many calls fill a slice; the calls that find it out also warm the function up. */
function callsPerSlice(candidate, sliceMs) {
  const sliceNs = sliceMs * 1e6;
  let calls = 1;
  for (;;) {
    const total = timeOf(candidate, calls) * calls;
    if (total > sliceNs / 2) return Math.max(1, Math.round((calls * sliceNs) / total));
    calls = Math.ceil(calls * Math.min(10, 1 + sliceNs / total));
  }
}

let sink = 0;

/** Nanoseconds of the process's CPU time for one call, over `calls` calls. Waiting for a busy machine does not count. */
function timeOf(candidate, calls) {
  const start = process.cpuUsage();
  for (let call = 0; call < calls; call++) sink += candidate();
  const { user, system } = process.cpuUsage(start);
  const elapsed = 1000 * (user + system);
  if (!Number.isFinite(sink)) throw new Error("A candidate must give a number.");
  return elapsed / calls;
}

function shuffled(names) {
  return names
    .map((name) => [Math.random(), name])
    .sort(([left], [right]) => left - right)
    .map(([, name]) => name);
}
