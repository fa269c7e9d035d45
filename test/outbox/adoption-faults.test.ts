import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { closedPort } from "../client/platform-double.ts";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { testOutbox } from "./fixtures.ts";
import { type Fault, hasStrace, strikeAll, striker } from "./strace.ts";
import { recorded, startWriter } from "./writers.ts";

const faults: readonly Fault[] = [
  ["openat", "error=EMFILE", [2, 6]],
  ["pread64", "error=EIO", [2, 28]],
  ["pwrite64", "error=ENOSPC", [1, 8]],
  ["fcntl", "error=EIO", [1, 9]],
  ["ftruncate", "error=EIO", [1]],
  ["fdatasync,fsync", "error=EIO", [1]],
  ["pwrite64", "signal=SIGKILL", [3, 12]],
  ["unlink", "signal=SIGKILL", [1, 3]],
];

test.runIf(hasStrace).for(faults)(
  "with an adopter's %s struck by %s, everything a killed process had kept is sent, by it or the next",
  { timeout: 86_400_000 },
  async (fault, { annotate }) => {
    const count = await strikeAll(fault, (strike) => isStruck(fault, strike));
    expect(count).toBeGreaterThan(0);
    await annotate(`${count} strikes`);
  },
);

/** Lets a process that is struck adopt what a killed one left, and then another one. @returns Whether any call was struck. */
async function isStruck([calls, fault]: Fault, strike: number): Promise<boolean> {
  const directory = await testDirectory();
  const baseUrl = await closedPort();
  const killed = startWriter({ directory, baseUrl, writers: 2 }, ({ child, kept }) => {
    if (kept.size === 8) child.kill("SIGKILL");
  });
  await killed.ended;
  const server = await testPlatform({ port: Number(new URL(baseUrl).port) });
  // Three in a row, as when no descriptor is left for a moment.
  const when = fault.startsWith("signal") ? `${strike}` : `${strike}..${strike + 2}`;
  const { under, hasStruck } = await striker(calls, fault, when, filesBelow(directory));
  const adopter = startWriter({ directory, baseUrl, writers: 1, limit: 2, under });
  await adopter.ended;
  const outbox = testOutbox({ directory, baseUrl });
  await outbox.ready();
  const because = `${calls} ${fault} ${strike}`;
  expect(await outbox.flush(), because).toMatchObject({ waiting: 0, deadLetters: 0 });
  const found = await recorded(server);
  const kept = [...killed.kept, ...adopter.kept];
  expect(
    kept.filter((eventId) => found.get(eventId)?.modelId !== "ended"),
    because,
  ).toEqual([]);
  const begun = [...killed.begun, ...adopter.begun];
  expect(
    begun.filter((eventId) => !found.has(eventId)),
    because,
  ).toEqual([]);
  // A page that cannot be read looks damaged to SQLite's own check. What is read again by then is saved all the same.
  const aside = filesBelow(directory).filter((path) => path.includes("/aside/"));
  if (calls !== "pread64") expect(aside, because).toEqual([]);
  await outbox.close({ timeoutMs: 0 });
  await server.close();
  return hasStruck();
}

/** The data files, locks and what SQLite keeps beside them. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => /[0-9a-f]{32}(\.db.*)?$/.test(path))
    .map((path) => join(directory, path))
    .filter((path) => existsSync(path));
}
