import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSchema, openRecords } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";
import { testDirectory } from "../server/test-platform.ts";

const REFUSAL = { code: "api_error", status: 400, answer: "because" };
const AT = "2026-05-01T12:00:00.000Z";

/** What a store should hold: each record's state, in the order they came. */
interface Expected {
  readonly eventId: string;
  readonly state: "open" | "waiting" | "dead";
  readonly body: string;
  readonly code?: string;
}

/** One thing that is done, said as data so that a failing run can be read. */
type Action =
  | { readonly kind: "begin" | "submit"; readonly id: number; readonly size: number }
  | { readonly kind: "discard" | "replay" | "drop"; readonly id: number }
  | { readonly kind: "delivered" | "refused" | "damaged" | "replaced"; readonly at: number }
  | { readonly kind: "replayAll" }
  | { readonly kind: "reopen" }
  | { readonly kind: "abandonAll" };

const id = fc.nat(3);
const at = fc.nat(3);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constantFrom("begin", "submit"), id, size: fc.nat(9_000) }),
  fc.record({ kind: fc.constantFrom("discard", "replay", "drop"), id }),
  fc.record({ kind: fc.constantFrom("delivered", "refused", "damaged", "replaced"), at }),
  fc.record({ kind: fc.constantFrom("replayAll", "reopen", "abandonAll") }),
);
const steps = fc.array(
  fc.record({ actions: fc.array(action, { minLength: 1, maxLength: 4 }), fails: fc.boolean() }),
  { maxLength: 60, size: "max" },
);

test("whatever is kept, answered, undone and reopened, a store holds what it should and counts it", async () => {
  const directory = await testDirectory();
  let run = 0;
  fc.assert(
    fc.property(steps, (all) => {
      const trial = new Trial(join(directory, `${run++}.db`));
      try {
        for (const { actions, fails } of all) trial.step(actions, fails);
      } finally {
        trial.close();
      }
    }),
    { numRuns: 60 },
  );
});

test("what waits is read from the file where it is more than the memory takes", async () => {
  const database = openRecords(join(await testDirectory(), "large.db"));
  createSchema(database);
  const store = new RecordStore(database);
  const bodies = Array.from({ length: 10 }, (_, index) => Buffer.alloc(1_000_000, index));
  store.transaction(() => {
    for (const [index, body] of bodies.entries()) store.submit(`event-${index}`, false, body);
  });
  const page = store.page(0, 16);
  expect(page.map(({ eventId }) => eventId)).toEqual(bodies.map((_, index) => `event-${index}`));
  for (const [index, { body, isIntact }] of page.entries()) {
    expect(isIntact).toBe(true);
    expect(Buffer.compare(body, bodies[index] as Buffer)).toBe(0);
  }
  store.close();
});

/** A store beside what it should hold. */
class Trial {
  readonly #path: string;
  #store: RecordStore;
  #expected: readonly Expected[] = [];
  /** Ids whose start record this process made or resumed. */
  #known: ReadonlySet<string> = new Set();

  constructor(path: string) {
    this.#path = path;
    const database = openRecords(path);
    createSchema(database);
    this.#store = new RecordStore(database);
  }

  close(): void {
    this.#store.close();
  }

  /** Does the actions in one transaction, which is undone where it `fails`. */
  step(actions: readonly Action[], fails: boolean): void {
    const before = { expected: this.#expected, known: this.#known };
    const inside = actions.filter(({ kind }) => kind !== "reopen");
    const work = (): void => {
      this.#store.transaction(() => {
        for (const each of inside) this.#apply(each);
        if (fails) throw new Error("undone");
      });
    };
    if (fails) {
      expect(work).toThrow("undone");
      ({ expected: this.#expected, known: this.#known } = before);
    } else work();
    if (inside.length < actions.length) this.#reopen();
    this.#check();
  }

  #reopen(): void {
    this.#store.close();
    this.#store = new RecordStore(openRecords(this.#path));
    this.#store.resume();
    this.#known = new Set(
      this.#expected.filter(({ state }) => state === "open").map(({ eventId }) => eventId),
    );
  }

  #apply(each: Action): void {
    const store = this.#store;
    switch (each.kind) {
      case "begin":
      case "submit": {
        const eventId = `event-${each.id}`;
        // The outbox begins an event once.
        if (each.kind === "begin" && this.#known.has(eventId)) return;
        const body = `${eventId}:`.padEnd(each.size, "x");
        store[each.kind](eventId, each.id % 2 === 0, Buffer.from(body));
        if (each.kind === "submit") this.#forget(eventId);
        else this.#known = new Set([...this.#known, eventId]);
        const state = each.kind === "begin" ? "open" : "waiting";
        this.#expected = [...this.#expected, { eventId, state, body }];
        return;
      }
      case "discard":
        store.discard(`event-${each.id}`);
        this.#forget(`event-${each.id}`);
        return;
      case "replay":
      case "replayAll": {
        const eventId = each.kind === "replay" ? `event-${each.id}` : undefined;
        const isChosen = (record: Expected): boolean =>
          record.state === "dead" &&
          record.code !== "outbox_damaged" &&
          (eventId === undefined || record.eventId === eventId);
        expect(store.replay(eventId)).toBe(this.#expected.filter(isChosen).length);
        this.#expected = this.#expected.map((record) =>
          isChosen(record) ? { eventId: record.eventId, state: "waiting", body: record.body } : record,
        );
        return;
      }
      case "drop": {
        const isChosen = ({ state, eventId }: Expected): boolean =>
          state === "dead" && eventId === `event-${each.id}`;
        expect(store.findDead(`event-${each.id}`)?.eventId).toBe(this.#expected.find(isChosen)?.eventId);
        expect(store.drop(`event-${each.id}`)).toBe(this.#expected.filter(isChosen).length);
        this.#expected = this.#expected.filter((record) => !isChosen(record));
        return;
      }
      case "abandonAll":
        store.abandonAll();
        this.#expected = this.#expected.map((record) =>
          record.state === "open" ? { ...record, state: "waiting" } : record,
        );
        this.#known = new Set();
        return;
      case "reopen":
        return;
      default:
        this.#settle(each.kind, each.at);
        return;
    }
  }

  #settle(kind: "delivered" | "refused" | "damaged" | "replaced", at: number): void {
    const store = this.#store;
    const record = store.page(0, 4)[at];
    const found = this.#expected.filter(({ state }) => state === "waiting")[at];
    expect(record?.eventId).toBe(found?.eventId);
    if (!record || !found) return;
    expect(store.read(record.number)).toEqual(record);
    const replace = (by: Expected | undefined): void => {
      this.#expected = this.#expected.flatMap((each) => (each === found ? (by ?? []) : each));
    };
    switch (kind) {
      case "delivered":
        store.delivered(record);
        replace(undefined);
        return;
      case "replaced":
        store.replaced(record, "event-new", Buffer.from("new"));
        replace({ eventId: "event-new", state: "waiting", body: "new" });
        return;
      default: {
        const code = kind === "damaged" ? "outbox_damaged" : REFUSAL.code;
        store.refused(record, { ...REFUSAL, code }, AT);
        replace({ ...found, state: "dead", code });
        return;
      }
    }
  }

  #forget(eventId: string): void {
    if (!this.#known.has(eventId)) return;
    this.#known = new Set([...this.#known].filter((each) => each !== eventId));
    this.#expected = this.#expected.filter((record) => record.state !== "open" || record.eventId !== eventId);
  }

  #check(): void {
    const of = (state: Expected["state"]): Expected[] =>
      this.#expected.filter((record) => record.state === state);
    expect(this.#store.counts).toEqual({
      open: of("open").length,
      waiting: of("waiting").length,
      deadLetters: of("dead").length,
      bytes: this.#expected.reduce((total, { body }) => total + body.length, 0),
    });
    const page = this.#store.page(0, 1_000);
    expect(page.map(({ eventId, body }) => [eventId, Buffer.from(body).toString()])).toEqual(
      of("waiting").map(({ eventId, body }) => [eventId, body]),
    );
    expect(page.every(({ isIntact }) => isIntact)).toBe(true);
    expect(this.#store.deadLetters()).toEqual(
      of("dead").map(({ eventId, code }) => ({ ...REFUSAL, eventId, code, refusedAtUtc: AT })),
    );
  }
}

test("pages go on behind the last number, and a record that waits no more is not read", async () => {
  const database = openRecords(join(await testDirectory(), "x.db"));
  createSchema(database);
  const store = new RecordStore(database);
  store.transaction(() => {
    for (let count = 0; count < 5; count++) store.submit(`event-${count}`, false, Buffer.from("x"));
  });
  const first = store.page(0, 2);
  const second = store.page(first.at(-1)?.number ?? 0, 2);
  expect([...first, ...second].map(({ eventId }) => eventId)).toEqual([0, 1, 2, 3].map((n) => `event-${n}`));
  const [record] = first;
  if (record) store.transaction(() => store.refused(record, { ...REFUSAL, status: undefined }, AT));
  expect(store.read(record?.number ?? 0)).toBeUndefined();
  expect(store.deadLetters()[0]).not.toHaveProperty("status");
  store.transaction(() => store.setSetting("name", "value"));
  expect([store.setting("name"), store.setting("none")]).toEqual(["value", undefined]);
  store.close();
});
