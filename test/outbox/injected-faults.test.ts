import { expect, test } from "vitest";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { testOutbox } from "./fixtures.ts";
import { type Fault, hasStrace, strikeAll, striker } from "./strace.ts";
import { recorded, startWriter } from "./writers.ts";

const faults: readonly Fault[] = [
  ["fdatasync,fsync", "error=EIO", [5, 12]],
  ["pwrite64", "error=ENOSPC", [9, 23, 36]],
  ["pwrite64", "error=EIO", [9, 23]],
  ["pwrite64", "signal=SIGKILL", [15, 36]],
  ["fdatasync,fsync", "signal=SIGKILL", [9, 23]],
  ["unlink", "signal=SIGKILL", [1, 2]],
];

test.runIf(hasStrace).for(faults)(
  "with a writer's %s struck by %s, nothing that was kept is lost or altered",
  { timeout: 86_400_000 },
  async (fault, { annotate }) => {
    const count = await strikeAll(fault, (strike) => isStruck(fault, strike));
    expect(count).toBeGreaterThan(0);
    await annotate(`${count} strikes`);
  },
);

/** Lets a process write that is struck, and another one deliver what it has left. @returns Whether any call was struck. */
async function isStruck([calls, fault]: Fault, strike: number): Promise<boolean> {
  const server = await testPlatform();
  const directory = await testDirectory();
  // A disk that fails goes on failing: each seventh call, so that some transactions get through.
  const when = fault.startsWith("signal") ? `${strike}` : `${strike}+7`;
  const { under, hasStruck } = await striker(calls, fault, when);
  const writer = startWriter({ directory, baseUrl: server.url, writers: 2, limit: 10, under });
  await writer.ended;
  const outbox = testOutbox({ directory, baseUrl: server.url });
  await outbox.ready();
  const because = `${calls} ${fault} ${strike}`;
  expect(await outbox.flush(), because).toMatchObject({ waiting: 0, deadLetters: 0 });
  const found = await recorded(server);
  const lost = [...writer.kept].filter((eventId) => found.get(eventId)?.modelId !== "ended");
  expect(lost, because).toEqual([]);
  expect(
    [...writer.begun].filter((eventId) => !found.has(eventId)),
    because,
  ).toEqual([]);
  expect(
    [...found.values()].filter(({ count }) => count !== 1),
    because,
  ).toEqual([]);
  await outbox.close({ timeoutMs: 0 });
  await server.close();
  return hasStruck();
}
