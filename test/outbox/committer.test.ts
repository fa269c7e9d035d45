import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Committer, type Incoming } from "../../src/outbox/committer.ts";
import type { Settlement } from "../../src/outbox/delivery.ts";
import type { RecordRequest } from "../../src/outbox/messages.ts";
import { createSchema } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";
import { codeOf } from "../support/error-code.ts";

/** A store, how often it has committed, and a way to let its writes fail. */
function testStore() {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  const store = new RecordStore(database);
  const trial = {
    store,
    database,
    commits: 0,
    fails: (isFailing: boolean): void => database.exec(`PRAGMA query_only = ${isFailing}`),
  };
  const transaction = store.transaction.bind(store);
  store.transaction = (work) => {
    transaction(work);
    trial.commits++;
  };
  return trial;
}

function testCommitter(own: RecordStore, maxBytes = 1_000) {
  const answers: (readonly [RecordStore, Settlement])[] = [];
  const calls = { afterCommit: 0 };
  const committer = new Committer({
    own,
    maxBytes,
    afterCommit: () => calls.afterCommit++,
    onAnswer: (store, settlement) => {
      answers.push([store, settlement]);
      store.setSetting("answered", settlement.kind);
    },
  });
  const keep = (action: RecordRequest["action"], eventId: string, text = "x"): Promise<void> => {
    const body = Buffer.from(text);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const incoming: Incoming = {
      request: { action, eventId, hasDerivedId: false, size: body.length },
      body,
      kept: resolve,
      refused: reject,
    };
    committer.keep(incoming);
    return promise;
  };
  return { committer, answers, calls, keep };
}

const DELIVERED: Settlement = { kind: "delivered", answer: undefined };

test("all that has gathered in a turn is one transaction, and is kept when it is told of", async () => {
  const own = testStore();
  const { keep, calls } = testCommitter(own.store);
  const kept = [keep("begin", "a"), keep("submit", "b"), keep("submit", "a"), keep("discard", "none")];
  expect(own.commits).toBe(0);
  await Promise.all(kept);
  expect([own.commits, calls.afterCommit]).toEqual([1, 1]);
  expect(own.store.counts).toEqual({ open: 0, waiting: 2, deadLetters: 0, bytes: 2 });
  // Nothing has gathered since: nothing is written.
  await turn();
  expect(own.commits).toBe(1);
});

test("answers and new records of a store share a transaction; what an answer says is written in it, too", async () => {
  const own = testStore();
  const { committer, keep, answers } = testCommitter(own.store);
  await Promise.all(["a", "b", "c"].map((eventId) => keep("submit", eventId)));
  const [a, b, c] = own.store.page(0, 3);
  if (!a || !b || !c) throw new Error("not kept");
  const refusal = { code: "api_error", status: 400, answer: "because" };
  const settled = [
    committer.settle(own.store, a, DELIVERED),
    committer.settle(own.store, b, { kind: "refused", refusal }),
    committer.settle(own.store, c, { kind: "replaced", eventId: "d", body: Buffer.from("new") }),
  ];
  await Promise.all([...settled, keep("submit", "e")]);
  expect(own.commits).toBe(2);
  expect(own.store.page(0, 9).map(({ eventId }) => eventId)).toEqual(["d", "e"]);
  expect(own.store.deadLetters()).toMatchObject([{ eventId: "b", ...refusal }]);
  expect(own.store.deadLetters()[0]?.refusedAtUtc).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(answers.map(([store, { kind }]) => [store === own.store, kind])).toEqual([
    [true, "delivered"],
    [true, "refused"],
    [true, "replaced"],
  ]);
});

test("an answer alone is written, too, though nobody hurries it", async () => {
  const own = testStore();
  const { committer, keep } = testCommitter(own.store);
  await keep("submit", "a");
  const [a] = own.store.page(0, 1);
  if (a) await committer.settle(own.store, a, DELIVERED);
  expect(own.store.counts.waiting).toBe(0);
});

test("two hundred and fifty-six answers wait for no more, one fewer wait for company", async () => {
  const own = testStore();
  const { committer, keep } = testCommitter(own.store, 100_000);
  await Promise.all(Array.from({ length: 256 }, (_, index) => keep("submit", `event-${index}`)));
  const [last, ...others] = own.store.page(0, 256);
  if (!last) throw new Error("not kept");
  const settled = others.map((record) => committer.settle(own.store, record, DELIVERED));
  await turn();
  expect(own.commits).toBe(1);
  settled.push(committer.settle(own.store, last, DELIVERED));
  await turn();
  expect(own.commits).toBe(2);
  await Promise.all(settled);
});

test("a file that cannot be written keeps nothing of the transaction, and everybody hears of it", async () => {
  const own = testStore();
  const { committer, keep } = testCommitter(own.store);
  await keep("submit", "a");
  const [a] = own.store.page(0, 1);
  if (!a) throw new Error("not kept");
  own.fails(true);
  const outcomes = await Promise.allSettled([
    committer.settle(own.store, a, DELIVERED),
    keep("submit", "b"),
    keep("begin", "c"),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(own.store.counts).toEqual({ open: 0, waiting: 1, deadLetters: 0, bytes: 1 });
  expect(own.store.setting("answered")).toBeUndefined();
  own.fails(false);
  await keep("submit", "b");
  expect(own.store.counts.waiting).toBe(2);
});

test("each store has its own transaction: trouble of one does not concern the other", async () => {
  const own = testStore();
  const other = testStore();
  const { committer, keep } = testCommitter(own.store);
  other.store.transaction(() => other.store.submit("a", false, Buffer.from("x")));
  const [a] = other.store.page(0, 1);
  if (!a) throw new Error("not kept");
  other.fails(true);
  const settled = committer.settle(other.store, a, DELIVERED);
  const kept = keep("submit", "b");
  await expect(settled).rejects.toThrow("could not write");
  await kept;
  expect([own.store.counts.waiting, other.store.counts.waiting]).toEqual([1, 1]);
});

test("full, only those for which there is no room are refused, and each end needs room of its own", async () => {
  const own = testStore();
  const { keep } = testCommitter(own.store, 10);
  const outcomes = await Promise.allSettled([
    keep("submit", "a", "12345"),
    keep("submit", "b", "123456"),
    keep("submit", "c", "12345"),
    keep("discard", "none", ""),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(await codeOf(() => keep("begin", "d"))).toBe("outbox_full");
  expect(own.store.counts).toMatchObject({ waiting: 2, bytes: 10 });
});

test("a full disk is called so", async () => {
  const own = testStore();
  const { keep } = testCommitter(own.store, 10 ** 9);
  own.database.exec("PRAGMA max_page_count = 16");
  expect(await codeOf(() => keep("submit", "a", "x".repeat(100_000)))).toBe("outbox_full");
  await keep("submit", "b");
  expect(own.store.page(0, 9).map(({ eventId }) => eventId)).toEqual(["b"]);
});

test("where only answers for another file have come, only they are written", async () => {
  const other = testStore();
  const { committer, calls } = testCommitter(testStore().store);
  other.store.transaction(() => other.store.submit("a", false, Buffer.from("x")));
  const [a] = other.store.page(0, 1);
  if (a) await committer.settle(other.store, a, DELIVERED);
  expect(other.store.counts.waiting).toBe(0);
  expect(calls.afterCommit).toBe(1);
});
