import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { IngestResult } from "../../src/client/answers.ts";
import { noteKey } from "../../src/outbox/key-fingerprint.ts";
import { createSchema } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";
import { Tenancy } from "../../src/outbox/tenancy.ts";

/** A file, with the key its process noted and the environment that was pinned. */
function file(of: { readonly key?: string; readonly pinned?: string } = {}): RecordStore {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  const store = new RecordStore(database);
  if (of.key !== undefined) noteKey(store, of.key);
  if (of.pinned !== undefined) new Tenancy().pin(store, answer(of.pinned));
  return store;
}

const answer = (environmentId: string): IngestResult => ({
  eventId: "e",
  systemId: "s",
  environmentId,
  sequenceNumber: 1,
  ingestedAtUtc: "2026-05-01T12:00:00Z",
  eventHash: "0".repeat(64),
  receiptId: "r",
});

test("before any answer the key decides, and no key admits nothing", () => {
  const tenancy = new Tenancy();
  expect(tenancy.admits(file({ key: "mine" }), "mine", false)).toBe(true);
  expect(tenancy.admits(file({ key: "theirs" }), "mine", false)).toBe(false);
  expect(tenancy.admits(file({ key: "mine" }), undefined, false)).toBe(false);
  // Killed before it knew its key.
  expect(tenancy.admits(file(), "mine", false)).toBe(false);
  // Pinned, but nobody knows yet where this process's key leads.
  expect(tenancy.admits(file({ key: "theirs", pinned: "a" }), "mine", false)).toBe(false);
  expect(tenancy.admits(file({ key: "mine", pinned: "a" }), "mine", false)).toBe(true);
});

test("once both environments are known they decide, whatever the key: keys are exchanged", () => {
  const tenancy = new Tenancy();
  expect(tenancy.environment).toBeUndefined();
  expect(tenancy.isOwnAnswer(file(), answer("a"))).toBe(true);
  expect(tenancy.environment).toBe("a");
  expect(tenancy.admits(file({ key: "old", pinned: "a" }), "new", false)).toBe(true);
  expect(tenancy.admits(file({ key: "new", pinned: "b" }), "new", false)).toBe(false);
  expect(tenancy.admits(file({ key: "old" }), "new", false)).toBe(false);
});

test("who says that both keys are one tenant's is believed, but not against what an answer has said", () => {
  const tenancy = new Tenancy();
  expect(tenancy.admits(file({ key: "theirs" }), "mine", true)).toBe(true);
  expect(tenancy.admits(file(), "mine", true)).toBe(true);
  expect(tenancy.admits(file({ key: "theirs", pinned: "a" }), "mine", true)).toBe(false);
});

test("an answer from another environment than the file's, or than this process's, is not its own", () => {
  const tenancy = new Tenancy();
  expect(tenancy.isOwnAnswer(file({ pinned: "a" }), answer("b"))).toBe(false);
  // It says nothing about this process.
  expect(tenancy.environment).toBeUndefined();
  expect(tenancy.isOwnAnswer(file({ pinned: "a" }), answer("a"))).toBe(true);
  expect(tenancy.isOwnAnswer(file(), answer("b"))).toBe(false);
  expect(tenancy.environment).toBe("a");
});

test("the first answer pins, the next ones change nothing, and the file is what is asked", () => {
  const tenancy = new Tenancy();
  const store = file();
  tenancy.pin(store, answer("a"));
  tenancy.pin(store, answer("b"));
  expect(store.setting("environment_id")).toBe("a");
  expect(tenancy.isOwnAnswer(store, answer("a"))).toBe(true);
  store.setSetting("environment_id", "b");
  expect(tenancy.isOwnAnswer(store, answer("a"))).toBe(false);
});
