import { expect, test } from "vitest";
import { timingOf } from "../../src/client/timing.ts";

test("what is given is used", async () => {
  const waited: number[] = [];
  const wait = async (delayMs: number) => {
    waited.push(delayMs);
  };
  const timing = timingOf({ clock: () => 7, random: () => 0.5, wait });
  await timing.wait(9, new AbortController().signal);
  expect([timing.clock(), timing.random(), waited]).toEqual([7, 0.5, [9]]);
});

test("else time is the system's, and a wait ends by itself or with its signal", async () => {
  const { clock, random, wait } = timingOf({});
  const before = Date.now();
  expect(clock()).toBeGreaterThanOrEqual(before);
  expect(random()).toBeLessThan(1);
  const { signal } = new AbortController();
  expect(await wait(1, signal)).toBeUndefined();
  await expect(wait(60_000, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
});
