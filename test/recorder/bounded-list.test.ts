import { expect, test } from "vitest";
import { boundedList } from "../../src/recorder/bounded-list.ts";

test("a list is itself, as a copy; anything else has no items", () => {
  const list = [1, undefined, { a: 1 }];
  expect(boundedList(list)).toEqual(list);
  expect(boundedList(list)).not.toBe(list);
  for (const other of [undefined, null, "text", { length: 3 }, new Set([1])])
    expect(boundedList(other)).toEqual([]);
});

test("an absurdly long list is cut, and says so", () => {
  const items = boundedList(new Array(2 ** 32 - 1));
  expect(items.length).toBe(100_001);
  expect(items.at(-1)).toEqual({ unrepresentable: "too_large" });
});

test("a list that cannot be read has no items", () => {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  expect(boundedList(proxy)).toEqual([]);
});
