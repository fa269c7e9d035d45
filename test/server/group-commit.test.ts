import { expect, test } from "vitest";
import { GroupCommit } from "../../src/server/group-commit.ts";

/** A commit that waits to be told how it ends, and says what it was given. */
function heldCommit() {
  const batches: {
    readonly items: readonly number[];
    readonly end: PromiseWithResolvers<readonly string[]>;
  }[] = [];
  const started: PromiseWithResolvers<void>[] = [];
  const commits = new GroupCommit<number, string>((items) => {
    const end = Promise.withResolvers<readonly string[]>();
    batches.push({ items, end });
    started.shift()?.resolve();
    return end.promise;
  });
  const nextBatch = (): Promise<void> => {
    const next = Promise.withResolvers<void>();
    started.push(next);
    return next.promise;
  };
  return { commits, batches, nextBatch };
}

test("what arrives while a commit runs goes into the next one together, each with its own outcome", async () => {
  const { commits, batches, nextBatch } = heldCommit();
  const first = nextBatch();
  const one = commits.add(1);
  await first;
  const others = [commits.add(2), commits.add(3), commits.add(4)];
  const second = nextBatch();
  batches[0]?.end.resolve(["one"]);
  expect(await one).toBe("one");
  await second;
  expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
  batches[1]?.end.resolve(["two", "three", "four"]);
  expect(await Promise.all(others)).toEqual(["two", "three", "four"]);
});

test("a commit that fails fails for all of its items and for no others", async () => {
  const { commits, batches, nextBatch } = heldCommit();
  const first = nextBatch();
  const failing = Promise.allSettled([commits.add(1), commits.add(2)]);
  await first;
  const later = commits.add(3);
  const second = nextBatch();
  batches[0]?.end.reject(new Error("disk full"));
  expect((await failing).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await second;
  batches[1]?.end.resolve(["three"]);
  expect(await later).toBe("three");
});

test("it is idle once nothing waits", async () => {
  const done: number[] = [];
  const commits = new GroupCommit<number, void>(async (items) => {
    await new Promise(setImmediate);
    done.push(...items);
    return [];
  });
  void commits.add(1);
  void commits.add(2);
  await commits.idle();
  expect(done).toEqual([1, 2]);
  await commits.idle();
});

test("after many were under way, a few wait for half as many, but not for long", async () => {
  const batches: number[][] = [];
  const commits = new GroupCommit<number, number>(async (items) => {
    batches.push([...items]);
    return items;
  });
  await Promise.all([1, 2, 3, 4, 5, 6].map((item) => commits.add(item)));
  const [first, ...others] = [7, 8, 9];
  const held = [commits.add(first as number)];
  // In the same turn in which it looks whether there are enough, and after that.
  await new Promise(setImmediate);
  held.push(...others.map((item) => commits.add(item)));
  expect(await Promise.all(held)).toEqual([7, 8, 9]);
  expect(batches).toEqual([
    [1, 2, 3, 4, 5, 6],
    [7, 8, 9],
  ]);
  // Of two that there is room for only one comes: it is committed all the same, and the next waits for nobody.
  expect(await commits.add(10)).toBe(10);
  expect(batches.at(-1)).toEqual([10]);
});
