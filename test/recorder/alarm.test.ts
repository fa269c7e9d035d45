import { afterEach, expect, test, vi } from "vitest";
import { Alarm } from "../../src/recorder/alarm.ts";

afterEach(() => void vi.useRealTimers());

function setUp(delayMs: number) {
  vi.useFakeTimers();
  const rung: string[] = [];
  return { alarm: new Alarm<string>(delayMs, (item) => rung.push(item)), rung };
}

test.each([5, 900_000])("it rings for each item %i ms after it was set, and not before", (delayMs) => {
  const { alarm, rung } = setUp(delayMs);
  alarm.set("first");
  vi.advanceTimersByTime(2);
  alarm.set("second");
  vi.advanceTimersByTime(delayMs - 3);
  expect(rung).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(rung).toEqual(["first"]);
  vi.advanceTimersByTime(2);
  expect(rung).toEqual(["first", "second"]);
});

test("an item that is set again waits anew, one that is cleared does not ring", () => {
  const { alarm, rung } = setUp(100);
  for (const item of ["again", "cleared", "left"]) alarm.set(item);
  vi.advanceTimersByTime(60);
  alarm.set("again");
  alarm.clear("cleared");
  vi.advanceTimersByTime(40);
  expect(rung).toEqual(["left"]);
  vi.advanceTimersByTime(60);
  expect(rung).toEqual(["left", "again"]);
});

test("all can be rung for at once, and then for none of them later", () => {
  const { alarm, rung } = setUp(100);
  alarm.set("one");
  alarm.set("two");
  alarm.ringAll();
  expect(rung).toEqual(["one", "two"]);
  vi.advanceTimersByTime(1_000);
  expect(rung).toHaveLength(2);
});

test("what rings may set and clear others", () => {
  vi.useFakeTimers();
  const rung: string[] = [];
  const alarm = new Alarm<string>(10, (item) => {
    rung.push(item);
    if (item !== "one") return;
    alarm.clear("two");
    alarm.set("three");
  });
  alarm.set("one");
  alarm.set("two");
  vi.advanceTimersByTime(10);
  expect(rung).toEqual(["one"]);
  vi.advanceTimersByTime(10);
  expect(rung).toEqual(["one", "three"]);
});

test("what is set by one that rings does not keep the others waiting", () => {
  vi.useFakeTimers();
  const rung: string[] = [];
  const alarm = new Alarm<string>(1_000, (item) => {
    rung.push(item);
    if (item === "first") alarm.set("new");
  });
  alarm.set("first");
  vi.advanceTimersByTime(10);
  alarm.set("second");
  vi.advanceTimersByTime(1_000);
  expect(rung).toEqual(["first", "second"]);
  vi.advanceTimersByTime(990);
  expect(rung).toEqual(["first", "second", "new"]);
});

test("one timer does for all, is not set again for each, and is gone ten seconds after the last", () => {
  const { alarm } = setUp(900_000);
  const setTimer = vi.spyOn(globalThis, "setTimeout");
  for (let count = 0; count < 100; count++) {
    alarm.set(`item ${count}`);
    vi.advanceTimersByTime(1);
    alarm.clear(`item ${count}`);
  }
  expect([setTimer.mock.calls.length, vi.getTimerCount()]).toEqual([1, 1]);
  vi.advanceTimersByTime(10_000);
  expect(vi.getTimerCount()).toBe(0);
});

test("it keeps the process alive while something waits, where it is told to, and no longer", () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const quiet = new Alarm<string>(60_000, () => {});
  quiet.set("item");
  expect(timers()).toBe(before);
  const alarm = new Alarm<string>(60_000, () => {}, { keepsAlive: true });
  for (let round = 0; round < 2; round++) {
    alarm.set("item");
    alarm.set("another");
    expect(timers()).toBe(before + 1);
    alarm.clear("item");
    expect(timers()).toBe(before + 1);
    alarm.clear("another");
    expect(timers()).toBe(before);
  }
});
