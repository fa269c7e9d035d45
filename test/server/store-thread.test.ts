import { join } from "node:path";
import { expect, test } from "vitest";
import { StoreThread } from "../../src/server/store-thread.ts";
import { codeOf } from "../support/error-code.ts";
import { eventFields, testDirectory } from "./test-platform.ts";

const ENVIRONMENT_ID = "11111111-1111-7111-8111-111111111111";

async function openStore(): Promise<StoreThread> {
  return StoreThread.open({
    file: join(await testDirectory(), "platform.db"),
    newEnvironmentId: ENVIRONMENT_ID,
  });
}

function newEvent() {
  const event = eventFields();
  return {
    eventId: event.eventId,
    systemId: "s",
    correlationId: null,
    occurredAt: "2026-05-01T12:00:00.000000000Z",
    ingestedAtUtc: "2026-05-01T12:00:01.000Z",
    receiptId: "rcpt_1",
    salt: "0".repeat(64),
    body: JSON.stringify(event),
  };
}

test("what was handed over before it is closed is stored", async () => {
  const store = await openStore();
  const outcomes = Promise.all(Array.from({ length: 50 }, () => store.append(newEvent())));
  await store.close();
  expect((await outcomes).map(({ kind }) => kind)).toEqual(Array(50).fill("stored"));
});

test("what is asked once it is closed is refused", async () => {
  const store = await openStore();
  await store.close();
  expect(await codeOf(() => store.append(newEvent()))).toBe("server_error");
  expect(await codeOf(() => store.call("systems", undefined))).toBe("server_error");
  await store.close();
});

test("a method that fails fails alone", async () => {
  const store = await openStore();
  const failing = store.append({ ...newEvent(), body: null as unknown as string });
  expect(await codeOf(() => failing)).toBe("server_error");
  expect(await store.append(newEvent())).toMatchObject({ kind: "stored" });
  expect(store.environmentId).toBe(ENVIRONMENT_ID);
  await store.close();
});
