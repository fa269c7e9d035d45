import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { testOutbox } from "./fixtures.ts";
import { recorded, startWriter } from "./writers.ts";

const hasStrace = spawnSync("strace", ["-f", "-e", "trace=none", "true"]).status === 0;

/** Which calls are struck, how, and at which of them: a few here, every one up to `CRASH_STRIKES` by hand. */
const faults = [
  ["fdatasync,fsync", "error=EIO", [5, 12]],
  ["pwrite64", "error=ENOSPC", [9, 23, 36]],
  ["pwrite64", "error=EIO", [9, 23]],
  ["pwrite64", "signal=SIGKILL", [15, 36]],
  ["fdatasync,fsync", "signal=SIGKILL", [9, 23]],
  ["unlink", "signal=SIGKILL", [1, 2]],
] as const;
const most = Number(process.env["CRASH_STRIKES"] ?? 0);
const upTo = Array.from({ length: most }, (_, index) => index + 1);

const cases = faults.flatMap(([calls, fault, few]) =>
  (most > 0 ? upTo : few).map((strike) => [calls, fault, strike] as const),
);

test.runIf(hasStrace).each(cases)(
  "with %s struck by %s from the %i. call on, nothing that was kept is lost or altered",
  async (calls, fault, strike) => {
    const server = await testPlatform();
    const directory = await testDirectory();
    const when = fault.startsWith("signal") ? `${strike}` : `${strike}+7`;
    const under = [
      "strace",
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-e",
      `trace=${calls}`,
      "-e",
      `inject=${calls}:${fault}:when=${when}`,
    ];
    const writer = startWriter({ directory, baseUrl: server.url, writers: 2, limit: 10, under });
    await writer.ended;
    // By hand the strikes go beyond the last call; here each one must hit.
    const isHit = writer.refused.size > 0 || writer.child.exitCode !== 0;
    expect(isHit || most > 0).toBe(true);
    const outbox = testOutbox({ directory, baseUrl: server.url });
    await outbox.ready();
    expect(await outbox.flush()).toMatchObject({ waiting: 0, deadLetters: 0 });
    const found = await recorded(server);
    expect([...writer.kept].filter((eventId) => found.get(eventId)?.modelId !== "ended")).toEqual([]);
    expect([...writer.begun].filter((eventId) => !found.has(eventId))).toEqual([]);
    expect([...found.values()].filter(({ count }) => count !== 1)).toEqual([]);
  },
  60_000,
);
