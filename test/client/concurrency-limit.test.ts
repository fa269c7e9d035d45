import { expect, test } from "vitest";
import { ConcurrencyLimit } from "../../src/client/concurrency-limit.ts";

test("so many run at once, the others after them in the order they came", async () => {
  const limit = new ConcurrencyLimit(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const tasks = gates.map((gate, n) =>
    limit.run(async () => {
      begun.push(n);
      await gate.promise;
      return n;
    }),
  );
  expect(begun).toEqual([0, 1]);
  gates[1]?.resolve();
  expect(await tasks[1]).toBe(1);
  expect(begun).toEqual([0, 1, 2]);
  gates[0]?.resolve();
  await tasks[0];
  expect(begun).toEqual([0, 1, 2, 3]);
  gates[2]?.resolve();
  gates[3]?.resolve();
  expect(await Promise.all(tasks)).toEqual([0, 1, 2, 3]);
});

test("a task that fails gives its place free", async () => {
  const limit = new ConcurrencyLimit(1);
  const failing = limit.run(() => Promise.reject(new Error("own")));
  const next = limit.run(async () => "next");
  await expect(failing).rejects.toThrow("own");
  expect(await next).toBe("next");
  expect(await limit.run(async () => "later")).toBe("later");
});

test("a place that is handed over cannot be taken by whoever comes in between", async () => {
  const limit = new ConcurrencyLimit(1);
  let running = 0;
  let most = 0;
  const task = async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  };
  const first = limit.run(task).then(() => limit.run(task));
  await Promise.all([first, limit.run(task), limit.run(task)]);
  expect(most).toBe(1);
});
