/** One step of a path: to the item at `index` of a list, or to the key at `index` of `Object.keys`. */
export interface PathStep {
  readonly index: number;
  /** Undefined for an item of a list. */
  readonly key: string | undefined;
}

const LONGEST_PATH = 200;

/**
 * Where a value stands, for an error: `$.messages[3].score`. Keys are content too: one that is no plain identifier of at
 * most 64 characters shows as `[key 3]`, its place among `Object.keys`, counted from 0. A path of more than 200 characters is cut
 * in the middle.
 */
export function jsonPath(steps: readonly PathStep[]): string {
  const path = `$${steps.map(stepText).join("")}`;
  if (path.length <= LONGEST_PATH) return path;
  const kept = LONGEST_PATH / 2;
  return `${path.slice(0, kept)}…${path.slice(1 - kept)}`;
}

function stepText({ index, key }: PathStep): string {
  if (key === undefined) return `[${index}]`;
  return /^[A-Za-z_$][\w$]{0,63}$/.test(key) ? `.${key}` : `[key ${index}]`;
}
