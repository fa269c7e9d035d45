import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { outgoing, testOutbox, until } from "./fixtures.ts";
import { recorded } from "./writers.ts";

/** How long the platform is away. */
const AWAY_MS = Number(process.env["CRASH_AWAY_MS"] ?? 2_000);
const EVENTS = 1_000;

test(
  `with the platform away for ${AWAY_MS} ms under load, each of ${EVENTS} events is there in the end, once`,
  async () => {
    const directory = await testDirectory();
    const first = await testPlatform({ directory });
    const outbox = testOutbox({ directory: await testDirectory(), baseUrl: first.url });
    const events = Array.from({ length: EVENTS }, () => outgoing());
    let isUnderWay = true;
    const load = (async () => {
      // Longer than the platform is away: there are events before, during and after.
      const pauseMs = (AWAY_MS * 2) / (EVENTS / 10);
      for (let sent = 0; sent < EVENTS; sent += 10) {
        await Promise.all(events.slice(sent, sent + 10).map((event) => outbox.submit(event)));
        await wait(pauseMs);
      }
      isUnderWay = false;
    })();
    await until(async () => (await outbox.status()).delivered > 0);
    await first.close();
    await wait(AWAY_MS);
    expect(isUnderWay).toBe(true);
    expect((await outbox.status()).waiting).toBeGreaterThan(0);
    const second = await testPlatform({ directory, port: first.port });
    await load;
    expect(await outbox.flush({ timeoutMs: 60_000 + 2 * AWAY_MS })).toEqual({
      delivered: EVENTS,
      waiting: 0,
      deadLetters: 0,
    });
    const found = await recorded(second);
    expect(found.size).toBe(EVENTS);
    expect(events.filter(({ eventId, text }) => found.get(eventId)?.body !== text)).toEqual([]);
    expect([...found.values()].filter(({ count }) => count !== 1)).toEqual([]);
  },
  120_000 + 5 * AWAY_MS,
);
