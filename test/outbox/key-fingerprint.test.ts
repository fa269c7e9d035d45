import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { isMeantFor, KeyNote, noteKey } from "../../src/outbox/key-fingerprint.ts";
import { createSchema } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";
import { closedPort } from "../client/platform-double.ts";
import { API_KEY, testDirectory } from "../server/test-platform.ts";
import { outgoing, testOutbox } from "./fixtures.ts";

function testStore(): { store: RecordStore; database: DatabaseSync } {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  return { store: new RecordStore(database), database };
}

test("the note of a key tells keys apart, differs from file to file, and holds nothing of the key", () => {
  const [first, second] = [testStore().store, testStore().store];
  for (const store of [first, second]) {
    expect(isMeantFor(store, "key-of-a-tenant")).toBe(false);
    noteKey(store, "key-of-a-tenant");
    expect([isMeantFor(store, "key-of-a-tenant"), isMeantFor(store, "key-of-a-tenanT")]).toEqual([
      true,
      false,
    ]);
  }
  expect(first.setting("key_fingerprint")).not.toBe(second.setting("key_fingerprint"));
  expect(first.setting("key_fingerprint")).toMatch(/^[0-9a-f]{32}$/);
});

test("a key that is known is noted in the transaction of the first record, or of the next where that is undone", () => {
  const { store } = testStore();
  new KeyNote(store, "key");
  const fail = (): never => {
    throw new Error("undone");
  };
  expect(() => store.transaction(fail)).toThrow("undone");
  expect(isMeantFor(store, "key")).toBe(false);
  store.transaction(() => store.submit("a", false, Buffer.from("x")));
  expect(isMeantFor(store, "key")).toBe(true);
  const salt = store.setting("key_salt");
  store.transaction(() => store.submit("b", false, Buffer.from("x")));
  expect(store.setting("key_salt")).toBe(salt);
});

test("a key that is learnt later is noted then, one that was exchanged too, and with the next record where the disk fails", () => {
  const { store, database } = testStore();
  const note = new KeyNote(store, undefined);
  store.transaction(() => store.submit("a", false, Buffer.from("x")));
  expect(store.setting("key_salt")).toBeUndefined();
  note.learn("first");
  expect(isMeantFor(store, "first")).toBe(true);
  database.exec("PRAGMA query_only = ON");
  note.learn("second");
  expect(isMeantFor(store, "first")).toBe(true);
  database.exec("PRAGMA query_only = OFF");
  store.transaction(() => store.submit("b", false, Buffer.from("x")));
  expect(isMeantFor(store, "second")).toBe(true);
});

test("an event that is kept is never without the note of its key", async () => {
  const directory = await testDirectory();
  const outbox = testOutbox({ directory, baseUrl: await closedPort() });
  await outbox.submit(outgoing());
  const [file = ""] = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".db"),
  );
  using database = new DatabaseSync(join(directory, file), { readOnly: true });
  expect(isMeantFor(new RecordStore(database), API_KEY)).toBe(true);
});
