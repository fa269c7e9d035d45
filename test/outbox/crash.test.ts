import type { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { acknowledge, answerJson, startPlatform } from "../client/platform-double.ts";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { testOutbox } from "./fixtures.ts";
import { fastProgram, recorded, startWriter, type Writer } from "./writers.ts";
import { writtenBody } from "./written-event.ts";

const KILLS = Number(process.env["CRASH_KILLS"] ?? 100);
/** Processes that write at the same time, on one directory. */
const AT_ONCE = Number(process.env["CRASH_PROCESSES"] ?? 4);
/** After so many kills a process that lives delivers all that is left. */
const KILLS_A_ROUND = 50;
/** Of so many kills one comes while the process opens its file and adopts those of the dead. */
const KILLS_FOR_AN_EARLY_ONE = 4;
/** Opening takes about so long. */
const OPENING_MS = 150;

test(
  `after ${KILLS} kills at random moments every event that was kept is at the platform, once and unaltered`,
  async () => {
    const server = await testPlatform();
    const directory = await testDirectory();
    const program = await fastProgram(await testDirectory(), server);
    const killed: Writer[] = [];
    const killOne = async (count: number): Promise<void> => {
      const isEarly = count % KILLS_FOR_AN_EARLY_ONE === 0;
      const moment = Math.floor(Math.random() * 40);
      const killWithin = (child: ChildProcess, ms: number): void =>
        void setTimeout(() => child.kill("SIGKILL"), Math.random() * ms);
      const onOpening = isEarly ? (child: ChildProcess) => killWithin(child, OPENING_MS) : undefined;
      const writer = startWriter(
        { directory, baseUrl: server.url, program, onOpening },
        ({ child, kept }) => {
          // Not at the moment of an acknowledgement, but anywhere after it.
          if (kept.size >= moment && !isEarly) killWithin(child, 10);
        },
      );
      killed.push(writer);
      await writer.ended;
      expect(writer.child.signalCode).toBe("SIGKILL");
    };
    let started = 0;
    while (started < KILLS) {
      const end = Math.min(started + KILLS_A_ROUND, KILLS);
      const keepKilling = async (): Promise<void> => {
        while (started < end) await killOne(started++);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, keepKilling));
      const outbox = testOutbox({ directory, baseUrl: server.url });
      await outbox.ready();
      expect(await outbox.flush({ timeoutMs: 300_000 })).toMatchObject({ waiting: 0, deadLetters: 0 });
      await outbox.close();
      // Killed between making its lock and its data file, a process leaves an empty lock behind, and no event.
      expect(filesLeft(directory).filter((path) => !path.includes("/locks/"))).toEqual([]);
    }

    const found = await recorded(server);
    const kept = killed.flatMap((writer) => [...writer.kept]);
    const begun = killed.flatMap((writer) => [...writer.begun]);
    expect(killed).toHaveLength(KILLS);
    expect(kept.length).toBeGreaterThan(KILLS);
    expect(kept.filter((eventId) => found.get(eventId)?.body !== writtenBody(eventId, "ended"))).toEqual([]);
    expect(begun.filter((eventId) => !found.has(eventId))).toEqual([]);
    expect([...found.values()].filter(({ count }) => count !== 1)).toEqual([]);
    const known = (eventId: string): string[] => [
      writtenBody(eventId, "ended"),
      writtenBody(eventId, "abandoned"),
    ];
    expect([...found].filter(([eventId, { body }]) => !known(eventId).includes(body))).toEqual([]);
  },
  Math.max(120_000, KILLS * 3_000),
);

test("killed under a call every 20 ms, nothing that was kept is lost, and what had begun is abandoned", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const writer = startWriter(
    { directory, baseUrl: server.url, writers: 2, paceMs: 20 },
    ({ child, kept }) => {
      if (kept.size === 40) child.kill("SIGKILL");
    },
  );
  await writer.ended;
  // Two at once: only one of them may adopt the file.
  const second = startWriter({ directory, baseUrl: server.url, writers: 1, limit: 1 });
  const outbox = testOutbox({ directory, baseUrl: server.url });
  await outbox.ready();
  await second.ended;
  await outbox.flush();
  const found = await recorded(server);
  const unended = [...writer.begun].filter((eventId) => !writer.kept.has(eventId));
  expect([...writer.kept].filter((eventId) => found.get(eventId)?.modelId !== "ended")).toEqual([]);
  expect(unended.filter((eventId) => found.get(eventId)?.count !== 1)).toEqual([]);
}, 60_000);

test("several processes on one directory deliver each event once", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const writers = Array.from({ length: AT_ONCE }, () =>
    startWriter({ directory, baseUrl: server.url, writers: 8, limit: 25 }),
  );
  await Promise.all(writers.map(({ ended }) => ended));
  const kept = writers.flatMap((writer) => [...writer.kept]);
  const found = await recorded(server);
  expect(kept).toHaveLength(AT_ONCE * 200);
  expect(found.size).toBe(kept.length);
  expect(kept.filter((eventId) => found.get(eventId)?.count !== 1)).toEqual([]);
  expect(filesLeft(directory)).toEqual([]);
}, 60_000);

test("when several processes start at the same time, what dead ones left is sent by one of them, once", async () => {
  let isUp = false;
  const posts = new Map<string, number>();
  await using platform = await startPlatform((answer, request, n) => {
    if (!isUp) return answerJson(answer, 503, {});
    const { eventId } = JSON.parse(request.body) as { eventId: string };
    posts.set(eventId, (posts.get(eventId) ?? 0) + 1);
    acknowledge(answer, request, n);
  });
  const directory = await testDirectory();
  const baseUrl = platform.url;
  const dead = Array.from({ length: 6 }, () =>
    startWriter({ directory, baseUrl, writers: 2, paceMs: 5 }, ({ child, kept }) => {
      if (kept.size === 10) child.kill("SIGKILL");
    }),
  );
  await Promise.all(dead.map(({ ended }) => ended));
  isUp = true;
  const alive = Array.from({ length: 6 }, () => startWriter({ directory, baseUrl, writers: 1, limit: 3 }));
  await Promise.all(alive.map(({ ended }) => ended));
  const ids = [...dead, ...alive].flatMap(({ begun, kept }) => [...begun, ...kept]);
  expect(ids.filter((eventId) => posts.get(eventId) !== 1)).toEqual([]);
  expect([...posts.values()].every((count) => count === 1)).toBe(true);
  expect(filesLeft(directory)).toEqual([]);
}, 60_000);

function filesLeft(directory: string): string[] {
  const entries = readdirSync(join(directory, "outbox"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
