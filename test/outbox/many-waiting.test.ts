import { expect, test } from "vitest";
import { closedPort } from "../client/platform-double.ts";
import { testDirectory } from "../server/test-platform.ts";
import { outgoing, testOutbox } from "./fixtures.ts";

const WAITING = Number(process.env["CRASH_WAITING"] ?? 5_000);
/** More than this no queue of ours may add, however much waits. */
const MEMORY_BYTES = 300 * 2 ** 20;

test(
  `${WAITING} waiting events are taken up by the next process, in memory that does not grow with them`,
  async ({ annotate }) => {
    const directory = await testDirectory();
    const baseUrl = await closedPort();
    const first = testOutbox({ directory, baseUrl, maxBytes: 2 ** 40 });
    for (let kept = 0; kept < WAITING; kept += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, () => first.submit(outgoing())));
    }
    await first.close({ timeoutMs: 0 });
    const before = process.memoryUsage.rss();
    const openedAtMs = performance.now();
    const second = testOutbox({ directory, baseUrl, maxBytes: 2 ** 40 });
    await second.submit(outgoing());
    expect(await second.status()).toMatchObject({ waiting: WAITING + 1 });
    const tookMs = Math.round(performance.now() - openedAtMs);
    const grown = process.memoryUsage.rss() - before;
    await annotate(`first event kept and all counted after ${tookMs} ms, memory grown by ${grown >> 20} MiB`);
    expect(grown).toBeLessThan(MEMORY_BYTES);
  },
  Math.max(60_000, WAITING),
);
