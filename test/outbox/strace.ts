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

/** The strikes of one fault: the few of a small run, or with `CRASH_STRIKES=all` each from the first on, until there is none to hit. */
export function strikesOf([, , few]: Fault): Iterable<number> {
  return isEvery ? everyNumber() : few;
}

/** Whether a strike that hit nothing is the end of a run of all. */
export function isLast(hasStruck: boolean): boolean {
  if (!hasStruck && !isEvery) throw new Error("The strike hit nothing: choose another");
  return !hasStruck;
}

function* everyNumber(): Generator<number> {
  for (let number = 1; ; number++) yield number;
}
