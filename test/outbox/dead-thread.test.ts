import { expect, test } from "vitest";
import { closedPort } from "../client/platform-double.ts";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { outgoing, testOutbox } from "./fixtures.ts";
import { kill, startedThreads } from "./threads.ts";
import { recorded } from "./writers.ts";

test("a thread that has died is started again for the next record, and nothing that was kept is lost", async () => {
  const directory = await testDirectory();
  const baseUrl = await closedPort();
  const threads = startedThreads();
  const outbox = testOutbox({ directory, baseUrl });
  const kept = Array.from({ length: 5 }, () => outgoing());
  for (const event of kept) await outbox.submit(event);
  await kill(threads[0]);
  expect(outbox.troubles).toMatchObject([{ code: "outbox_unusable" }]);
  const later = outgoing();
  await outbox.submit(later);
  expect(threads).toHaveLength(2);
  expect(await outbox.status()).toMatchObject({ waiting: 6, setAside: 0 });
  const back = await testPlatform({ port: Number(new URL(baseUrl).port) });
  expect(await outbox.flush()).toEqual({ delivered: 6, waiting: 0, deadLetters: 0 });
  const found = await recorded(back);
  expect([...kept, later].filter(({ eventId, text }) => found.get(eventId)?.body !== text)).toEqual([]);
});

test("runs that were open when the thread died end as one event each, none is abandoned", async () => {
  const server = await testPlatform();
  const threads = startedThreads();
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: server.url });
  const ends = Array.from({ length: 3 }, () => outgoing({ modelId: "ended" }));
  for (const { eventId } of ends) await outbox.begin(outgoing({ eventId, modelId: "abandoned" }));
  await kill(threads[0]);
  expect(await outbox.status()).toMatchObject({ open: 3, waiting: 0 });
  for (const end of ends) await outbox.submit(end);
  expect(await outbox.flush()).toEqual({ delivered: 3, waiting: 0, deadLetters: 0 });
  const found = await recorded(server);
  expect([...found.values()].map(({ modelId }) => modelId)).toEqual(["ended", "ended", "ended"]);
});

test("what was on its way to the disk when the thread died is refused or kept, never neither", async () => {
  const threads = startedThreads();
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: await closedPort() });
  await outbox.submit(outgoing());
  const tries = Array.from({ length: 500 }, () => outbox.submit(outgoing()));
  const settled = Promise.allSettled(tries);
  await Promise.race(tries);
  await kill(threads[0]);
  const kept = (await settled).filter(({ status }) => status === "fulfilled").length;
  const { waiting } = await outbox.status();
  expect(waiting).toBeGreaterThanOrEqual(kept + 1);
  expect(waiting).toBeLessThanOrEqual(501);
});
