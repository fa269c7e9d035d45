import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { IngestResult } from "../../src/client/answers.ts";
import { ApiError } from "../../src/core/errors.ts";
import { Delivery, type Settlement } from "../../src/outbox/delivery.ts";
import type { KeptRecord } from "../../src/outbox/kept-record.ts";
import { createSchema } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";
import { seeded } from "./left-file.ts";

/** What a platform that takes its time says of an event. */
type Answer = (eventId: string) => { readonly status: number; readonly afterMs: number };

interface SetUp {
  readonly answer: Answer;
  readonly concurrency?: number;
  readonly random?: () => number;
  /** Throws where the disk fails. */
  readonly onSettle?: () => void;
}

/** A delivery over a store in memory, in a time that jumps from event to event. */
function setUp({ answer, concurrency = 32, random = seeded(1), onSettle = () => {} }: SetUp) {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  const store = new RecordStore(database);
  const alarms: { atMs: number; ring: () => void }[] = [];
  const sent: string[] = [];
  const acknowledged: string[] = [];
  const troubles: unknown[] = [];
  let nowMs = 0;
  const schedule = (delayMs: number, ring: () => void): void => {
    alarms.push({ atMs: nowMs + delayMs, ring });
  };
  const delivery = new Delivery(
    {
      async send(eventId) {
        sent.push(eventId);
        const { status, afterMs } = answer(eventId);
        await new Promise<void>((resolve) => schedule(afterMs, resolve));
        if (status >= 400) throw new ApiError(status, "");
        acknowledged.push(eventId);
        return {} as IngestResult;
      },
      async settle(from: RecordStore, record: KeptRecord, { kind }: Settlement) {
        onSettle();
        from.transaction(() => {
          if (kind === "delivered") from.delivered(record);
          else from.refused(record, { code: "api_error", status: 400, answer: "" }, "");
        });
      },
      isOwnAnswer: () => true,
      onPause: () => {},
      onDiskTrouble: (_store, cause) => troubles.push(cause),
      clock: () => nowMs,
      random,
      schedule,
    },
    concurrency,
  );
  delivery.add(store);
  const submit = (...eventIds: string[]): void => {
    store.transaction(() => {
      for (const eventId of eventIds) store.submit(eventId, false, Buffer.from("{}"));
    });
    delivery.sendNow();
  };
  /** Goes on until `isOver`, or nothing more is to come. */
  const run = async (isOver: () => boolean): Promise<void> => {
    for (;;) {
      await new Promise(setImmediate);
      if (isOver()) return;
      alarms.sort((one, other) => one.atMs - other.atMs);
      const next = alarms.shift();
      if (!next) return;
      nowMs = Math.max(nowMs, next.atMs);
      next.ring();
    }
  };
  const pass = async (ms: number): Promise<void> => {
    const untilMs = nowMs + ms;
    schedule(ms, () => {});
    await run(() => nowMs >= untilMs);
  };
  const rows = (): number => Number(database.prepare("SELECT count(*) AS n FROM record").get()?.["n"]);
  return { store, delivery, submit, run, pass, rows, sent, acknowledged, troubles, now: () => nowMs };
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test("looked through again while events are under way, none is settled twice, and the counts are those of the file", async () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant("submit" as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.constant({ do: "restart" as const }),
    fc.constant({ do: "replay" as const }),
    fc.record({ do: fc.constant("wait" as const), steps: fc.integer({ min: 1, max: 10 }) }),
  );
  const property = fc.asyncProperty(
    fc.array(action, { maxLength: 30 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer(),
    async (actions, concurrency, seed) => {
      const random = seeded(seed);
      let isKind = false;
      const statuses = [201, 201, 201, 500, 400];
      const answer: Answer = () => ({
        status: isKind ? 201 : (statuses[Math.floor(random() * statuses.length)] as number),
        afterMs: Math.floor(random() * 400),
      });
      const { store, delivery, submit, run, rows, acknowledged } = setUp({ answer, concurrency, random });
      let last = 0;
      for (const each of actions) {
        if (each.do === "submit") submit(...names(`${last++}.`, each.count));
        if (each.do === "restart") delivery.restart();
        if (each.do === "replay") {
          store.transaction(() => void store.replay(undefined));
          delivery.restart();
        }
        let steps = each.do === "wait" ? each.steps : 0;
        await run(() => steps-- <= 0);
        const { waiting, deadLetters } = store.counts;
        expect(waiting + deadLetters).toBe(rows());
      }
      isKind = true;
      // The second time for those whose refusal was under way.
      for (let time = 0; time < 2; time++) {
        store.transaction(() => void store.replay(undefined));
        delivery.restart();
        await run(() => false);
      }
      expect(store.counts).toEqual({ open: 0, waiting: 0, deadLetters: 0, bytes: 0 });
      expect(rows()).toBe(0);
      expect(acknowledged.length).toBe(new Set(acknowledged).size);
    },
  );
  await fc.assert(property, { numRuns: 300 });
});

const HOUR_MS = 3_600_000;

test.each([
  [1, 200],
  [10, 200],
  [100, 200],
])("%i events at the front that the platform cannot digest do not keep %i others", async (bad, healthy) => {
  const answer: Answer = (eventId) => ({ status: eventId.startsWith("bad") ? 500 : 201, afterMs: 5 });
  const { submit, run, acknowledged, now } = setUp({ answer });
  submit(...names("bad", bad), ...names("healthy", healthy));
  await run(() => acknowledged.length === healthy || now() > 24 * HOUR_MS);
  expect(acknowledged).toHaveLength(healthy);
  expect(now()).toBeLessThan(HOUR_MS);
});

test("what comes later does not wait behind a few events that always fail", async () => {
  const answer: Answer = (eventId) => ({ status: eventId.startsWith("bad") ? 500 : 201, afterMs: 5 });
  const { submit, run, pass, acknowledged, now } = setUp({ answer });
  submit("healthy first");
  await run(() => acknowledged.length === 1);
  submit(...names("bad", 10));
  const tookMs: number[] = [];
  for (let count = 0; count < 1_000; count++) {
    await pass(10_000);
    const startMs = now();
    submit(`healthy ${count}`);
    await run(() => acknowledged.at(-1) === `healthy ${count}` || now() - startMs > HOUR_MS);
    tookMs.push(now() - startMs);
  }
  expect(Math.max(...tookMs)).toBeLessThan(HOUR_MS / 6);
  // The first ones meet a circuit that those failures have opened.
  expect(Math.max(...tookMs.slice(100))).toBeLessThan(1_000);
});

test("an answer that a full disk does not take is written later, and the event is not sent again meanwhile", async () => {
  let failures = 5;
  const onSettle = (): void => {
    if (failures-- > 0) throw new Error("full");
  };
  const { store, submit, run, sent, troubles, now } = setUp({
    answer: () => ({ status: 201, afterMs: 5 }),
    onSettle,
  });
  submit("first");
  await run(() => troubles.length > 0);
  submit("second", "third");
  await run(() => store.counts.waiting === 0);
  // One alone first, for nothing was known of the host; nothing more before its answer is on the disk.
  expect(sent).toEqual(["first", "second", "third"]);
  expect(troubles).toHaveLength(5);
  expect(now()).toBeGreaterThanOrEqual(5_000);
});

test("a file that cannot be read for a while is read again, without anything new having come", async () => {
  const { store, submit, run, acknowledged, troubles } = setUp({
    answer: () => ({ status: 201, afterMs: 5 }),
  });
  let failures = 3;
  const page = store.page.bind(store);
  vi.spyOn(store, "page").mockImplementation((after, limit) => {
    if (failures-- > 0) throw new Error("EIO");
    return page(after, limit);
  });
  submit("first", "second");
  await run(() => acknowledged.length === 2);
  expect(acknowledged.toSorted()).toEqual(["first", "second"]);
  expect(troubles).toHaveLength(3);
});
