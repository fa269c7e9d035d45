import { getEventListeners } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type StreamEnd, tapStream } from "../../src/ai-sdk/stream-tap.ts";
import { collect } from "../support/ai-sdks.ts";
import { streamOf } from "../support/scripted-model.ts";

/** Keeps what it hears, in order. */
class Ear {
  readonly parts: unknown[] = [];
  readonly ends: StreamEnd[] = [];
  readonly troubles: unknown[] = [];
  part(part: unknown): void {
    this.parts.push(part);
  }
  end(end: StreamEnd): void {
    this.ends.push(end);
  }
  trouble(cause: unknown): void {
    this.troubles.push(cause);
  }
}

test("every part is forwarded as it is and heard, and the end is heard once", async () => {
  const parts = [{ type: "a" }, undefined, { type: "b" }];
  const ear = new Ear();
  const seen = await collect(tapStream(streamOf(parts), ear));
  expect(seen).toHaveLength(3);
  for (const [index, part] of parts.entries()) expect(seen[index]).toBe(part);
  expect(ear.parts).toEqual(parts);
  expect(ear.ends).toEqual([{ kind: "ended" }]);
});

test("nothing is read ahead of the reader", async () => {
  let pulls = 0;
  const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(++pulls);
  const reader = tapStream(new ReadableStream({ pull }, { highWaterMark: 0 }), new Ear()).getReader();
  await new Promise(setImmediate);
  expect(pulls).toBe(0);
  await reader.read();
  expect(await reader.read()).toEqual({ done: false, value: 2 });
  await new Promise(setImmediate);
  expect(pulls).toBe(2);
});

test("a reader that asks three times at once gets three parts in their order, and no more are read", async () => {
  let pulls = 0;
  const pull = async (controller: ReadableStreamDefaultController) => {
    const part = ++pulls;
    await new Promise(setImmediate);
    controller.enqueue(part);
  };
  const reader = tapStream(new ReadableStream({ pull }, { highWaterMark: 0 }), new Ear()).getReader();
  const reads = await Promise.all([reader.read(), reader.read(), reader.read()]);
  expect(reads.map(({ value }) => value)).toEqual([1, 2, 3]);
  await new Promise(setImmediate);
  expect(pulls).toBe(3);
});

test("an error of the source reaches the reader unchanged, and is heard", async () => {
  const error = new Error("socket hang up");
  const source = new ReadableStream({ pull: () => Promise.reject(error) });
  const ear = new Ear();
  await expect(collect(tapStream(source, ear))).rejects.toBe(error);
  expect(ear.ends).toEqual([{ kind: "failed", error }]);
});

test("a cancellation reaches the source with its reason, also while a part is awaited, and is heard", async () => {
  const reasons: unknown[] = [];
  const source = new ReadableStream({
    pull: () => new Promise(() => {}),
    cancel: (reason) => void reasons.push(reason),
  });
  const ear = new Ear();
  const reader = tapStream(source, ear).getReader();
  const pending = reader.read();
  await reader.cancel("seen enough");
  expect(await pending).toEqual({ done: true, value: undefined });
  expect(reasons).toEqual(["seen enough"]);
  expect(ear.ends).toEqual([{ kind: "cancelled" }]);
});

test("a source that fails to cancel fails its reader's cancellation", async () => {
  const error = new Error("stuck");
  const tapped = tapStream(new ReadableStream({ cancel: () => Promise.reject(error) }), new Ear());
  await expect(tapped.cancel()).rejects.toBe(error);
});

test("an abort is heard although the source goes on, and the parts still come", async () => {
  const controller = new AbortController();
  const ear = new Ear();
  const reader = tapStream(streamOf([1, 2]), ear, controller.signal).getReader();
  await reader.read();
  controller.abort();
  expect(ear.ends).toEqual([{ kind: "cancelled" }]);
  expect(await reader.read()).toEqual({ done: false, value: 2 });
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(ear.parts).toEqual([1]);
  expect(ear.ends).toHaveLength(1);
});

test("an abort before the start is heard at once", () => {
  const ear = new Ear();
  tapStream(streamOf([1]), ear, AbortSignal.abort());
  expect(ear.ends).toEqual([{ kind: "cancelled" }]);
});

test("a signal that outlives the stream keeps no hold of it", async () => {
  const { signal } = new AbortController();
  const tapped = tapStream(streamOf([1]), new Ear(), signal);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await collect(tapped);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("a listener that throws is told so, and the stream does not notice", async () => {
  const bug = new Error("bug");
  const ear = new Ear();
  ear.part = ear.end = () => {
    throw bug;
  };
  expect(await collect(tapStream(streamOf([1, 2]), ear))).toEqual([1, 2]);
  expect(ear.troubles).toEqual([bug, bug, bug]);
});

test("whatever ends a stream, its reader gets what the source gave, and all of it is heard until the one end", async () => {
  const scenario = fc.record({
    parts: fc.array(fc.record({ type: fc.string() }), { maxLength: 12 }),
    source: fc.constantFrom("closes", "breaks", "hangs"),
    leaves: fc.constantFrom("never", "cancels", "aborts"),
    after: fc.nat(12),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ parts, source, leaves, after }) => {
      const waiting = [...parts];
      const stream = new ReadableStream(
        {
          pull(controller) {
            const part = waiting.shift();
            if (part) controller.enqueue(part);
            else if (source === "closes") controller.close();
            else if (source === "breaks") controller.error(new Error("socket hang up"));
            else return new Promise(() => {});
            return undefined;
          },
        },
        { highWaterMark: 0 },
      );
      const controller = new AbortController();
      const ear = new Ear();
      const reader = tapStream(stream, ear, controller.signal).getReader();
      const seen: unknown[] = [];
      let ending: string | undefined;
      const leave = async () => {
        if (ending !== undefined || leaves === "never") return;
        ending = "cancelled";
        if (leaves === "aborts") controller.abort();
        else await reader.cancel();
      };
      const isOver = () => ending === "cancelled" && leaves === "cancels";
      let heardUntil = parts.length;
      while (source !== "hangs" || seen.length < parts.length) {
        if (seen.length === after) {
          heardUntil = after;
          await leave();
        }
        if (isOver()) break;
        const next = await reader.read().catch(() => undefined);
        if (!next || next.done) {
          ending ??= next ? "ended" : "failed";
          break;
        }
        seen.push(next.value);
      }
      await leave();

      for (const [index, part] of seen.entries()) expect(part).toBe(parts[index]);
      expect(ear.parts).toEqual(leaves === "never" ? seen : seen.slice(0, heardUntil));
      expect(ear.ends.map(({ kind }) => kind)).toEqual(ending === undefined ? [] : [ending]);
      expect(ear.troubles).toEqual([]);
    }),
  );
});
