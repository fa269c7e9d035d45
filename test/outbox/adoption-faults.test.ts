import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { closedPort } from "../client/platform-double.ts";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { testOutbox } from "./fixtures.ts";
import { recorded, startWriter } from "./writers.ts";

const hasStrace = spawnSync("strace", ["-f", "-e", "trace=none", "true"]).status === 0;

/** Which calls on a dead process's files are struck while they are adopted, and at which: a few here, more by hand. */
const faults = [
  ["openat", "error=EMFILE", [2, 6]],
  ["pread64", "error=EIO", [2, 28]],
  ["pwrite64", "error=ENOSPC", [1, 8]],
  ["fcntl", "error=EIO", [1, 9]],
  ["ftruncate", "error=EIO", [1]],
  ["fdatasync", "error=EIO", [1]],
  ["pwrite64", "signal=SIGKILL", [3, 12]],
  ["unlink", "signal=SIGKILL", [1, 3]],
] as const;
const most = Number(process.env["CRASH_STRIKES"] ?? 0);
const upTo = Array.from({ length: most }, (_, index) => index + 1);

const cases = faults.flatMap(([calls, fault, few]) =>
  (most > 0 ? upTo : few).map((strike) => [calls, fault, strike] as const),
);

test.runIf(hasStrace).each(cases)(
  "with the adopter's %s struck by %s at the %i. call, everything a killed process had kept is sent, by it or the next",
  async (calls, fault, strike) => {
    const directory = await testDirectory();
    const baseUrl = await closedPort();
    const killed = startWriter({ directory, baseUrl, writers: 2 }, ({ child, kept }) => {
      if (kept.size === 8) child.kill("SIGKILL");
    });
    await killed.ended;
    const server = await testPlatform({ port: Number(new URL(baseUrl).port) });
    // Three in a row, as when no descriptor is left for a moment.
    const when = fault.startsWith("signal") ? `${strike}` : `${strike}..${strike + 2}`;
    const paths = filesBelow(directory).flatMap((path) => ["-P", path]);
    const inject = [`trace=${calls}`, `inject=${calls}:${fault}:when=${when}`].flatMap((each) => [
      "-e",
      each,
    ]);
    const under = ["strace", "-f", "-qq", "-o", "/dev/null", ...inject, ...paths];
    const adopter = startWriter({ directory, baseUrl, writers: 1, limit: 2, under });
    await adopter.ended;
    const outbox = testOutbox({ directory, baseUrl });
    await outbox.ready();
    expect(await outbox.flush()).toMatchObject({ waiting: 0, deadLetters: 0 });
    const found = await recorded(server);
    const kept = [...killed.kept, ...adopter.kept];
    expect(kept.filter((eventId) => found.get(eventId)?.modelId !== "ended")).toEqual([]);
    const begun = [...killed.begun, ...adopter.begun];
    expect(begun.filter((eventId) => !found.has(eventId))).toEqual([]);
    // A page that cannot be read looks damaged to SQLite's own check. What is read again by then is saved all the same.
    if (calls !== "pread64")
      expect(filesBelow(directory).filter((path) => path.includes("/aside/"))).toEqual([]);
  },
  60_000,
);

/** The data files, locks and what SQLite keeps beside them. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => /[0-9a-f]{32}(\.db.*)?$/.test(path))
    .map((path) => join(directory, path))
    .filter((path) => existsSync(path));
}
