import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { IngestResult } from "../../src/client/answers.ts";
import { Delivery } from "../../src/outbox/delivery.ts";
import { createSchema } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";

/** A delivery over a store in memory, whose time passes when it is told. */
function setUp() {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  const store = new RecordStore(database);
  const sent: string[] = [];
  const alarms: { delayMs: number; wake: () => void }[] = [];
  const delivery = new Delivery(
    {
      send: async (eventId) => {
        sent.push(eventId);
        return {} as IngestResult;
      },
      settle: async (from, record) => from.transaction(() => from.delivered(record)),
      isOwnAnswer: () => true,
      onPause: () => {},
      clock: () => 0,
      random: () => 0.5,
      schedule: (delayMs, wake) => alarms.push({ delayMs, wake }),
    },
    8,
  );
  delivery.add(store);
  let last = 0;
  const submit = (count = 1): string[] => {
    const ids = Array.from({ length: count }, () => `event ${++last}`);
    store.transaction(() => {
      for (const id of ids) store.submit(id, false, Buffer.from("{}"));
    });
    delivery.sendSoon();
    return ids;
  };
  return { delivery, submit, sent, alarms };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("new events wait a tenth of a second for each other, then all of them are sent", async () => {
  const { submit, sent, alarms } = setUp();
  const ids = [...submit(), ...submit(2), ...submit()];
  await settled();
  expect(sent).toEqual([]);
  expect(alarms.map(({ delayMs }) => delayMs)).toEqual([100]);
  alarms[0]?.wake();
  await settled();
  expect(sent.toSorted()).toEqual(ids.toSorted());
});

test("after they are sent the next ones gather again", async () => {
  const { submit, sent, alarms } = setUp();
  submit();
  alarms[0]?.wake();
  await settled();
  submit();
  await settled();
  expect([sent.length, alarms.length]).toEqual([1, 2]);
  alarms[1]?.wake();
  await settled();
  expect(sent).toHaveLength(2);
});

test("so many that nothing is won by waiting are sent at once", async () => {
  const { submit, sent } = setUp();
  submit(63);
  await settled();
  expect(sent).toHaveLength(0);
  submit();
  await settled();
  expect(sent).toHaveLength(64);
});

test("whoever asks for it has everything sent at once", async () => {
  const { delivery, submit, sent } = setUp();
  submit(3);
  delivery.sendNow();
  await settled();
  expect(sent).toHaveLength(3);
});
