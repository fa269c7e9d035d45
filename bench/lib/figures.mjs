// Numbers from measurements, and goals held against them.
import { short } from "./table.mjs";

/** The value below which a part of the numbers lies: 0.5 for the median, 0.99 for all but the worst hundredth. */
export function quantile(numbers, part) {
  const sorted = Float64Array.from(numbers).sort();
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place % 1);
}

/** The middle of the numbers. */
export const middle = (numbers) => quantile(numbers, 0.5);

/** A row of a table of figures. The goal is `{ atMost }`, `{ atLeast }`, or nothing for a figure that only stands beside. */
export function figure(name, measured, unit, goal = {}) {
  const { atMost, atLeast } = goal;
  const goalText =
    atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${short(atLeast)}` : "";
  const isReached = measured <= (atMost ?? measured) && measured >= (atLeast ?? measured);
  const result = goalText === "" ? "" : isReached ? "pass" : "FAIL";
  if (result === "FAIL") process.exitCode = 1;
  return { figure: name, measured: `${short(measured)}${unit && ` ${unit}`}`, goal: goalText, result };
}

/** The names in a new random order. */
export const shuffled = (names) =>
  names
    .map((name) => [Math.random(), name])
    .sort(([left], [right]) => left - right)
    .map(([, name]) => name);
