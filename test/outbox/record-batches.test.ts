import { expect, test } from "vitest";
import { OutboxFullError } from "../../src/core/errors.ts";
import type { RecordRequest } from "../../src/outbox/messages.ts";
import { RecordBatches } from "../../src/outbox/record-batches.ts";

const MIB = 2 ** 20;

/** Batches that a thread takes and does not answer until it is told. */
function setUp() {
  const posted: { id: number; records: readonly RecordRequest[]; bytes: Uint8Array }[] = [];
  const batches = new RecordBatches((id, records, bytes) => posted.push({ id, records, bytes }));
  const add = (eventId: string, body: Uint8Array): Promise<void> =>
    batches.add({ action: "submit", eventId, hasDerivedId: false, size: body.length }, body);
  return { batches, posted, add };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what one turn brings goes in one message, its bytes in the order of its records", async () => {
  const { batches, posted, add } = setUp();
  const kept = [add("a", Buffer.from("one")), add("b", Buffer.from("two"))];
  await turn();
  expect(posted.map(({ records }) => records.map(({ eventId }) => eventId))).toEqual([["a", "b"]]);
  expect(Buffer.from(posted[0]?.bytes ?? []).toString()).toBe("onetwo");
  batches.settled(posted[0]?.id ?? 0, [{ index: 1, error: { code: "outbox_full", message: "full" } }]);
  expect((await Promise.allSettled(kept)).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(batches.isIdle).toBe(true);
});

test("a disk that does not keep up costs 64 MiB of memory at most; what comes then is refused, and told", async () => {
  const { posted, add } = setUp();
  const body = new Uint8Array(MIB);
  const outcomes: string[] = [];
  for (let count = 0; count < 80; count++) {
    add(`event ${count}`, body).catch((error) =>
      outcomes.push(error instanceof OutboxFullError ? error.code : "other"),
    );
    await turn();
  }
  // What is with the thread counts, too.
  expect(posted).toHaveLength(4);
  expect(outcomes).toEqual(Array.from({ length: 16 }, () => "outbox_full"));
});

test("all is sent at once where somebody asks the thread about it", async () => {
  const { batches, posted, add } = setUp();
  for (let count = 0; count < 1_000; count++) add(`event ${count}`, Buffer.from("x")).catch(() => {});
  batches.sendAll();
  expect(batches.isIdle).toBe(false);
  expect(posted.flatMap(({ records }) => records)).toHaveLength(1_000);
});
