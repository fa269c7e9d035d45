import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { newestSdks } from "../support/ai-sdks.ts";

test.concurrent.each(newestSdks)(
  "$name: 10,000 calls of which a third are broken off leave nothing open and nothing in memory",
  async ({ name }) => {
    const program = new URL("./many-calls-process.ts", import.meta.url).pathname;
    const args = ["--expose-gc", program, "10000", "1000", name];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { heap, submitted, open, statuses } = JSON.parse(stdout);
    expect({ submitted, open }).toEqual({ submitted: 10_000, open: 0 });
    expect(heap[10_000] - heap[1_000]).toBeLessThan(1024 * 1024);
    // Twelve ways to call in turn: of the four that break off, two always tell so.
    const turns = 10_000 / 12;
    expect(statuses.cancelled).toBeGreaterThan(2 * turns - 2);
    expect(statuses.cancelled + (statuses.abandoned ?? 0)).toBeLessThan(4 * turns + 4);
    expect(statuses["500"]).toBeGreaterThan(turns - 1);
  },
  600_000,
);
