import { readdirSync } from "node:fs";
import { join } from "node:path";
import { API_KEY, testDirectory } from "../server/test-platform.ts";
import { outgoing, testOutbox } from "./fixtures.ts";

/** A data file that a process which is gone has left. */
export interface LeftFile {
  /** The outbox's, and the destination's below it. */
  readonly directory: string;
  readonly destination: string;
  readonly path: string;
  readonly events: readonly ReturnType<typeof outgoing>[];
}

/** A file with `count` start records: nothing sends them before the next start. */
export async function leftFile(
  baseUrl: string,
  count: number,
  apiKey: string = API_KEY,
  systemState: object = {},
): Promise<LeftFile> {
  const directory = await testDirectory();
  const events = Array.from({ length: count }, () => outgoing({ systemState }));
  const outbox = testOutbox({ directory, baseUrl, apiKey });
  for (let at = 0; at < count; at += 100) {
    await Promise.all(events.slice(at, at + 100).map((event) => outbox.begin(event)));
  }
  await outbox.close({ timeoutMs: 0 });
  const [name = ""] = readdirSync(join(directory, "outbox"));
  const destination = join(directory, "outbox", name);
  const [path = ""] = readdirSync(destination)
    .filter((each) => each.endsWith(".db"))
    .map((each) => join(destination, each));
  return { directory, destination, path, events };
}

/** The same numbers from 0 to 1 each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
