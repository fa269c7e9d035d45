import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { verifyChain } from "../../src/evidence/verify-chain.ts";
import { type CheckedEvent, EventStore } from "../../src/server/event-store.ts";
import { codeOf } from "../support/error-code.ts";
import { ask, eventFields, post, readChain, testDirectory, testPlatform } from "./test-platform.ts";

const ENVIRONMENT_ID = "11111111-1111-7111-8111-111111111111";

function newEvent(number: number): CheckedEvent {
  const event = eventFields({ correlationId: `request-${number}` });
  return {
    eventId: event.eventId,
    systemId: "s",
    correlationId: `request-${number}`,
    occurredAt: "2026-05-01T12:00:00.000000000Z",
    ingestedAtUtc: "2026-05-01T12:00:01.000Z",
    receiptId: `rcpt_${number}`,
    salt: String(number % 10).repeat(64),
    body: JSON.stringify(event),
  };
}

/** The file of a store with a chain of eight. */
async function storedChain(): Promise<string> {
  const file = join(await testDirectory(), "platform.db");
  const store = new EventStore(file, ENVIRONMENT_ID);
  store.append(Array.from({ length: 8 }, (_, index) => newEvent(index)));
  store.close();
  return file;
}

/** Whether a check of all that the store gives finds nothing. */
async function isConsistent(file: string): Promise<boolean> {
  const store = new EventStore(file, ENVIRONMENT_ID);
  const { events, head } = store.list({ after: 0, limit: 1000 });
  store.close();
  return (await verifyChain(events, { statedHead: () => head })).isConsistent;
}

/** Runs SQL on the file, as somebody would who has access to it. */
function tamper(file: string, work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file);
  work(database);
  database.close();
}

describe("a change of the database is found by a check of the chain:", () => {
  test("nothing changed, nothing found", async () => {
    expect(await isConsistent(await storedChain())).toBe(true);
  });

  test.each([
    [
      "event",
      ["sequence_number", "event_id", "system_id", "correlation_id", "occurred_at", "entry", "event_hash"],
    ],
    ["body", ["sequence_number", "salt", "body"]],
    ["head", ["sequence_number", "event_hash"]],
  ])(
    "single bits of every column of the table %s",
    async (table, columns) => {
      const file = await storedChain();
      for (const column of columns) {
        for (let sample = 0; sample < 10; sample++) {
          let undo: () => void = () => {};
          tamper(file, (database) => {
            undo = flipBit(database, { table, column, sample });
          });
          expect(await isConsistent(file), `${column}, sample ${sample}`).toBe(false);
          undo();
        }
      }
      expect(await isConsistent(file)).toBe(true);
    },
    30_000,
  );

  test.each([
    ["the last event deleted", "DELETE FROM event WHERE sequence_number = 8"],
    ["the first event deleted", "DELETE FROM event WHERE sequence_number = 1"],
    ["all deleted", "DELETE FROM event"],
    ["a body deleted", "DELETE FROM body WHERE sequence_number = 8"],
    [
      "two events exchanged",
      `UPDATE event SET sequence_number = 99 WHERE sequence_number = 3;
       UPDATE event SET sequence_number = 3 WHERE sequence_number = 4;
       UPDATE event SET sequence_number = 4 WHERE sequence_number = 99`,
    ],
    [
      "two bodies exchanged",
      `UPDATE body SET sequence_number = 99 WHERE sequence_number = 3;
       UPDATE body SET sequence_number = 3 WHERE sequence_number = 4;
       UPDATE body SET sequence_number = 4 WHERE sequence_number = 99`,
    ],
  ])("%s", async (_what, sql) => {
    const file = await storedChain();
    tamper(file, (database) => database.exec(sql));
    expect(await isConsistent(file)).toBe(false);
  });
});

interface Place {
  readonly table: string;
  readonly column: string;
  readonly sample: number;
}

/** Flips one bit of a value, chosen by the sample's number. @returns What puts it back. */
function flipBit(database: DatabaseSync, { table, column, sample }: Place): () => void {
  const rows = database.prepare(`SELECT rowid AS id, ${column} AS value FROM ${table}`).all();
  const { id, value } = rows[sample % rows.length] as { id: number; value: string | number };
  const file = database.location() as string;
  if (typeof value === "number") {
    // A bit above those of the eight numbers there are, so that no other row is in the way.
    const changed = value ^ (1 << (8 + (sample % 20)));
    const update = `UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`;
    database.prepare(update).run(changed, value);
    return () => tamper(file, (again) => again.prepare(update).run(value, changed));
  }
  const changed = Buffer.from(value);
  const bit = (sample * 7919) % (changed.length * 8);
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  const update = `UPDATE ${table} SET ${column} = CAST(? AS TEXT) WHERE rowid = ?`;
  database.prepare(update).run(changed, id);
  return () => tamper(file, (again) => again.prepare(update).run(Buffer.from(value), id));
}

describe("nothing is appended to a chain that somebody changed at its end", () => {
  test.each([
    ["its end deleted", "DELETE FROM event WHERE sequence_number = 2"],
    [
      "its last entry rewritten",
      "UPDATE event SET entry = replace(entry, 'rcpt', 'tpcr') WHERE sequence_number = 2",
    ],
    ["its last entry moved", "UPDATE event SET sequence_number = 9 WHERE sequence_number = 2"],
  ])("and clients are told to come again: %s", async (_what, sql) => {
    const directory = await testDirectory();
    const first = await testPlatform({ directory });
    const events = [eventFields(), eventFields()];
    for (const event of events) await post(first, event);
    await first.close();
    tamper(join(directory, "platform.db"), (database) => database.exec(sql));

    const told: unknown[] = [];
    const second = await testPlatform({ directory, onError: (error) => told.push(error) });
    const answer = await post(second, eventFields());
    expect([answer.status, answer.body.code]).toEqual([503, "store_unavailable"]);
    expect(await codeOf(() => Promise.reject(told[0]))).toBe("server_error");
    expect((await ask(second, `/v1/events/${events[0]?.eventId}`)).status).toBe(200);
    expect((await readChain(second)).head.sequenceNumber).toBe(2);
  });

  test("and a batch that fails leaves nothing", async () => {
    const file = await storedChain();
    const store = new EventStore(file, ENVIRONMENT_ID);
    const before = store.head();
    expect(() => store.append([newEvent(8), { ...newEvent(9), body: null as unknown as string }])).toThrow();
    expect(store.head()).toEqual(before);
    expect(store.append([newEvent(10)])).toMatchObject([
      { kind: "stored", acknowledged: { sequenceNumber: 9 } },
    ]);
    store.close();
    expect(await isConsistent(file)).toBe(true);
  });
});

test("a filter by time alone looks through a stretch at a time", async () => {
  const file = join(await testDirectory(), "platform.db");
  const store = new EventStore(file, ENVIRONMENT_ID);
  for (let batch = 0; batch < 3; batch++) {
    store.append(Array.from({ length: 7000 }, (_, index) => newEvent(index)));
  }
  const last = { ...newEvent(1), occurredAt: "2027-01-01T00:00:00.000000000Z" };
  store.append([last]);
  const query = { limit: 10, from: "2026-06-01T00:00:00.000000000Z" };
  const first = store.list({ ...query, after: 0 });
  expect(first).toMatchObject({ events: [], nextAfter: 20_000 });
  const second = store.list({ ...query, after: 20_000 });
  expect(second.events.map(({ eventId }) => eventId)).toEqual([last.eventId]);
  expect(second.nextAfter).toBeNull();
  expect(store.list({ ...query, after: 0, correlationId: "request-1" }).events).toHaveLength(1);
  store.close();
}, 30_000);
