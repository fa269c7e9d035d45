import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testDirectory } from "../server/test-platform.ts";

/** Whether calls to the system can be struck here. */
export const hasStrace: boolean = spawnSync("strace", ["-f", "-e", "trace=none", "true"]).status === 0;

/** Which calls are struck, how, and at which of them in a small run. */
export type Fault = readonly [calls: string, fault: string, few: readonly number[]];

/** A program that strikes calls of the one it runs. */
export interface Striker {
  /** To be put before the program. */
  readonly under: readonly string[];
  /** Whether any call was struck. */
  hasStruck(): boolean;
}

/**
 * @param when Which of the calls, in strace's words: `5`, `5+7` for every seventh from the fifth on, `5..7`.
 * @param paths Only calls on these files count.
 */
export async function striker(
  calls: string,
  fault: string,
  when: string,
  paths: readonly string[] = [],
): Promise<Striker> {
  const log = join(await testDirectory(), "strace");
  const expressions = [`trace=${calls}`, `inject=${calls}:${fault}:when=${when}`];
  return {
    under: [
      ...["strace", "-f", "-qq", "-o", log],
      ...expressions.flatMap((each) => ["-e", each]),
      ...paths.flatMap((path) => ["-P", path]),
    ],
    hasStruck: () => existsSync(log) && /\(INJECTED\)|SIGKILL/.test(readFileSync(log, "utf8")),
  };
}

const isEvery = process.env["CRASH_STRIKES"] === "all";

/**
 * Strikes the few of a small run, each of which has to hit; with `CRASH_STRIKES=all` every call from the first on, until there is none to hit.
 * @param isStruck Tries one strike. Gives whether it hit.
 * @returns How many hit.
 */
export async function strikeAll(
  [, , few]: Fault,
  isStruck: (strike: number) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (const strike of isEvery ? everyNumber() : few) {
    if (await isStruck(strike)) count++;
    else if (isEvery) break;
    else throw new Error("The strike hit nothing: choose another");
  }
  return count;
}

function* everyNumber(): Generator<number> {
  for (let number = 1; ; number++) yield number;
}
