import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import type { IngestResult } from "../../src/client/answers.ts";
import { Delivery } from "../../src/outbox/delivery.ts";
import { createSchema } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";

/** A delivery over a store in memory, whose time passes when it is told. `answer` settles when the platform answers. */
function setUp({ answer = async () => {} }: { readonly answer?: (eventId: string) => Promise<void> } = {}) {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  const store = new RecordStore(database);
  const sent: string[] = [];
  const alarms: { delayMs: number; wake: () => void }[] = [];
  const delivery = new Delivery(
    {
      send: async (eventId) => {
        sent.push(eventId);
        await answer(eventId);
        return {} as IngestResult;
      },
      settle: async (from, record) => from.transaction(() => from.delivered(record)),
      isOwnAnswer: () => true,
      onPause: () => {},
      onDiskTrouble: () => {},
      clock: () => 0,
      random: () => 0.5,
      schedule: (delayMs, wake) => alarms.push({ delayMs, wake }),
    },
    32,
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
  return { store, delivery, submit, sent, alarms };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("new events wait half a second for each other, then all of them are sent", async () => {
  const { submit, sent, alarms } = setUp();
  const ids = [...submit(), ...submit(2), ...submit()];
  await settled();
  expect(sent).toEqual([]);
  expect(alarms.map(({ delayMs }) => delayMs)).toEqual([500]);
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
  submit(255);
  await settled();
  expect(sent).toHaveLength(0);
  submit();
  await settled();
  expect(sent).toHaveLength(256);
});

test("whoever asks for it has everything sent at once", async () => {
  const { delivery, submit, sent } = setUp();
  submit(3);
  delivery.sendNow();
  await settled();
  expect(sent).toHaveLength(3);
});

test("of few events few are under way at once, of many more, and never more than allowed", async () => {
  const { delivery, submit, sent } = setUp({
    answer: (eventId) => (eventId === "event 1" ? Promise.resolve() : new Promise(() => {})),
  });
  submit();
  delivery.sendNow();
  await settled();
  // One was answered: the platform is there.
  submit(20);
  delivery.sendNow();
  await settled();
  expect(sent).toHaveLength(1 + 8);
  submit(44);
  delivery.sendNow();
  await settled();
  expect(sent).toHaveLength(1 + 16);
  submit(1_000);
  delivery.sendNow();
  await settled();
  expect(sent).toHaveLength(1 + 32);
});

test("a file with nothing new in it is not looked through again for each event that is sent", async () => {
  const { store, delivery, submit } = setUp();
  submit(3);
  delivery.sendNow();
  await settled();
  const look = vi.spyOn(store, "page");
  for (let count = 0; count < 5; count++) delivery.sendNow();
  expect(look).not.toHaveBeenCalled();
  submit();
  delivery.sendNow();
  expect(look).toHaveBeenCalled();
});
