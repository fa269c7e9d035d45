import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { OutgoingEvent } from "../../src/core/event-sink.ts";
import { type Adoption, adoptDataFile, createDataFile } from "../../src/outbox/data-file.ts";
import { prepareDirectory } from "../../src/outbox/directory.ts";
import { createSchema } from "../../src/outbox/record-schema.ts";
import { RecordStore } from "../../src/outbox/record-store.ts";
import { salvage } from "../../src/outbox/salvage.ts";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { outgoing, testOutbox, until } from "./fixtures.ts";
import { leftFile, seeded } from "./left-file.ts";
import { recorded } from "./writers.ts";

/** `all` tries every bit and every length; a number tries so many, chosen at random but the same each time. */
const BITS = process.env["CRASH_BITS"];
const LENGTHS = process.env["CRASH_LENGTHS"];
const LOG_BITS = process.env["CRASH_LOG_BITS"];
const LOG_LENGTHS = process.env["CRASH_LOG_LENGTHS"];
/** How many lengths go the whole way, through a process's outbox to the platform. */
const CUTS = Number(process.env["CRASH_CUTS"] ?? 6);
const isLarge = [BITS, LENGTHS, LOG_BITS, LOG_LENGTHS, process.env["CRASH_CUTS"]].some(
  (each) => each !== undefined,
);
const PATIENT = { timeout: isLarge ? 86_400_000 : 120_000 };

/** Some of the numbers below `below`, or all. */
function chosen(below: number, wanted: string | undefined, few: number): number[] {
  if (wanted === "all") return Array.from({ length: below }, (_, index) => index);
  const random = seeded(20_260_501);
  return Array.from({ length: Number(wanted ?? few) }, () => Math.floor(random() * below));
}

/** Where a body stands in a file. SQLite leaves old copies behind where it moves a row. */
function placesOf(body: Uint8Array, bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(body); at >= 0; at = bytes.indexOf(body, at + 1)) places.push(at);
  expect(places.length).toBeGreaterThan(0);
  return places;
}

/** Flips one bit of each copy of a body. */
function flip(bytes: Buffer, places: readonly number[], bit: number): void {
  for (const place of places) {
    const at = place + (bit >> 3);
    bytes.writeUInt8((bytes[at] as number) ^ (1 << (bit & 7)), at);
  }
}

const textOf = ({ body }: Pick<OutgoingEvent, "body">): string => Buffer.from(body).toString();

/** A store that is only looked at. */
function storeInMemory(): RecordStore {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  return new RecordStore(database);
}

test(
  "with any one bit of a stored body flipped, adoption gives the others unaltered and knows that one",
  PATIENT,
  async () => {
    const left = await leftFile("http://127.0.0.1:1", 12);
    const pristine = readFileSync(left.path);
    const id = basename(left.path, ".db");
    const victim = left.events[5] as (typeof left.events)[number];
    const intact = left.events.filter((event) => event !== victim).map(({ text }) => text);
    const places = placesOf(victim.body, pristine);
    for (const bit of chosen(victim.body.length * 8, BITS, 200)) {
      const damaged = Buffer.from(pristine);
      flip(damaged, places, bit);
      writeFileSync(left.path, damaged, { mode: 0o600 });
      const adoption = adoptDataFile(left.destination, id);
      if (adoption.outcome !== "adopted") throw new Error(`bit ${bit}: ${adoption.outcome}`);
      const { store } = adoption.file;
      store.transaction(() => store.abandonAll());
      const found = store.page(0, 100);
      expect(found.filter(({ isIntact }) => !isIntact).map(({ eventId }) => eventId)).toEqual([
        victim.eventId,
      ]);
      expect(found.filter(({ isIntact }) => isIntact).map(textOf)).toEqual(intact);
      adoption.file.close();
    }
  },
);

test("of bodies with each another bit flipped none is ever sent, and all others are", PATIENT, async () => {
  const server = await testPlatform();
  const bits = chosen(outgoing().body.length * 8, BITS, 40);
  const left = await leftFile(server.url, bits.length + 20);
  const damaged = readFileSync(left.path);
  for (const [index, bit] of bits.entries()) {
    const { body } = left.events[index] as (typeof left.events)[number];
    flip(damaged, placesOf(body, damaged), bit);
  }
  writeFileSync(left.path, damaged);
  const outbox = testOutbox({ directory: left.directory, baseUrl: server.url });
  await outbox.ready();
  expect(await outbox.flush({ timeoutMs: 600_000 })).toEqual({
    delivered: 20,
    waiting: 0,
    deadLetters: bits.length,
  });
  const letters = await outbox.deadLetters();
  expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(["outbox_damaged"]));
  expect(await outbox.replay()).toBe(0);
  const found = [...(await recorded(server))].map(([eventId, { body }]) => [eventId, body]);
  const healthy = left.events.slice(bits.length).map(({ eventId, text }) => [eventId, text]);
  expect(found.toSorted()).toEqual(healthy.toSorted());
});

test("a file cut at any length is set aside, and what is salvaged of it is unaltered", PATIENT, async () => {
  const left = await leftFile("http://127.0.0.1:1", 40);
  const pristine = readFileSync(left.path);
  const id = basename(left.path, ".db");
  const texts = new Set(left.events.map(({ text }) => text));
  const saved: number[] = [];
  // Those of a few bytes, and of all but a few, are cases of their own.
  const edges = [1, 99, 511, 512, 4_095, 4_096, 4_097, pristine.length - 1];
  for (const length of [...edges, ...chosen(pristine.length, LENGTHS, 60)]) {
    writeFileSync(left.path, pristine.subarray(0, length), { mode: 0o600 });
    const adoption = adoptDataFile(left.destination, id);
    if (length === 0) {
      // So does a process leave it that dies while it makes its file.
      if (adoption.outcome === "adopted") adoption.file.close();
      continue;
    }
    // What is cut off always shows.
    if (adoption.outcome !== "damaged") throw new Error(`length ${length}: ${adoption.outcome}`);
    const into = storeInMemory();
    salvage(adoption.file.path, into);
    // It is evidence: set aside as it was found.
    expect(readFileSync(adoption.file.setAside()).equals(pristine.subarray(0, length))).toBe(true);
    const found = into.page(0, 100).map(textOf);
    expect(found.filter((text) => !texts.has(text))).toEqual([]);
    saved.push(found.length);
    into.close();
    rmSync(join(left.destination, "aside"), { recursive: true });
  }
  expect(Math.max(...saved)).toBeGreaterThan(10);
});

test("a file cut at any length stops nothing: what can still be read goes, unaltered", PATIENT, async () => {
  const server = await testPlatform();
  const left = await leftFile(server.url, 40);
  const size = readFileSync(left.path).length;
  const pristine = `${left.path}.pristine`;
  copyFileSync(left.path, pristine);
  let sent = 0;
  for (let cut = 0; cut < CUTS; cut++) {
    copyFileSync(pristine, left.path);
    truncateSync(left.path, Math.floor((size * cut) / CUTS) + (cut % 3));
    const outbox = testOutbox({ directory: left.directory, baseUrl: server.url });
    const own = outgoing();
    await outbox.submit(own);
    expect(await outbox.flush()).toMatchObject({ waiting: 0, deadLetters: 0 });
    await outbox.close();
    expect(existsSync(left.path)).toBe(false);
    const found = await recorded(server);
    expect(found.get(own.eventId)?.body).toBe(own.text);
    sent = found.size - cut - 1;
  }
  const found = await recorded(server);
  expect(
    left.events.filter(({ eventId, text }) => found.has(eventId) && found.get(eventId)?.body !== text),
  ).toEqual([]);
  // The longest cut leaves most of the events.
  expect(sent).toBeGreaterThan(10);
});

/** Beyond what is checked as a whole before it is used. */
async function largeFile(baseUrl: string) {
  const left = await leftFile(baseUrl, 1_150, undefined, { padding: "x".repeat(60_000) });
  const bytes = readFileSync(left.path);
  expect(bytes.length).toBeGreaterThan(64 * 2 ** 20);
  /** Makes the head of a page unreadable. */
  const damage = (page: number): void => {
    bytes.fill(0xff, page * 4_096, page * 4_096 + 16);
    writeFileSync(left.path, bytes);
  };
  return { ...left, bytes, damage };
}

test("a file too large to be checked as a whole is salvaged once damage is met: all but what lies there goes", async () => {
  const server = await testPlatform();
  const { directory, events, bytes, damage } = await largeFile(server.url);
  // A leaf of the table of bodies, in the midst of it: SQLite's page type 13, few cells.
  const leaves = Array.from({ length: bytes.length / 4_096 }, (_, page) => page).filter((page) => {
    const head = bytes.subarray(page * 4_096, page * 4_096 + 8);
    return head[0] === 13 && head.readUInt16BE(1) === 0 && [1, 2, 3, 4].includes(head.readUInt16BE(3));
  });
  damage(leaves[leaves.length >> 1] as number);
  const outbox = testOutbox({ directory, baseUrl: server.url });
  const own = outgoing();
  await outbox.submit(own);
  expect(await outbox.flush()).toMatchObject({ waiting: 0, deadLetters: 0 });
  expect(await outbox.status()).toMatchObject({ setAside: 1 });
  expect(outbox.troubles.map(({ code }) => code)).toEqual(["outbox_damaged"]);
  const found = await recorded(server);
  expect(found.has(own.eventId)).toBe(true);
  const sent = events.filter(({ eventId, text }) => found.get(eventId)?.body === text);
  expect(sent.length).toBeGreaterThan(events.length - 5);
  expect(found.size).toBeLessThan(events.length + 1);
}, 60_000);

test("a large file that cannot say any more whose it is is held, and keeps nobody else back", async () => {
  const server = await testPlatform();
  const { directory, events, bytes, damage } = await largeFile(server.url);
  damage(Math.floor(bytes.indexOf("key_fingerprint") / 4_096));
  const outbox = testOutbox({ directory, baseUrl: server.url });
  for (let count = 0; count < 3; count++) await outbox.submit(outgoing());
  expect(await outbox.flush()).toMatchObject({ delivered: 3, waiting: events.length, paused: "other_key" });
  expect(await outbox.status()).toMatchObject({ held: events.length, setAside: 1 });
}, 60_000);

test("what is salvaged of another tenant's file is held for it, and sent by nobody else", async () => {
  const server = await testPlatform();
  const left = await leftFile(server.url, 12, "key-of-another-tenant");
  // It ends with the end of a body.
  truncateSync(left.path, readFileSync(left.path).length - 1);
  const options = { directory: left.directory, baseUrl: server.url };
  const first = testOutbox(options);
  const own = outgoing();
  await first.submit(own);
  expect(await first.flush()).toMatchObject({ delivered: 1, waiting: 11, paused: "other_key" });
  expect(await first.status()).toMatchObject({ held: 11, setAside: 1 });
  expect([...(await recorded(server)).keys()]).toEqual([own.eventId]);
  await first.close({ timeoutMs: 0 });
  const second = testOutbox({ ...options, acceptOtherKey: true });
  await second.ready();
  expect(await second.flush()).toEqual({ delivered: 11, waiting: 0, deadLetters: 0 });
});

test("a file whose key cannot be told any more is held, too", async () => {
  const left = await leftFile("http://127.0.0.1:1", 3);
  const damaged = readFileSync(left.path);
  // The name of its note.
  damaged.write("xey_fingerprint", damaged.indexOf("key_fingerprint"));
  writeFileSync(left.path, damaged.subarray(0, -1));
  const outbox = testOutbox({ directory: left.directory, baseUrl: "http://127.0.0.1:1" });
  await outbox.status();
  await until(async () => (await outbox.status()).held === 3);
});

/** What a process that is killed leaves: most of it stands in the write-ahead log alone. One event a transaction. */
async function killedFile(count: number) {
  const destination = join(await testDirectory(), "outbox", "destination");
  prepareDirectory(destination);
  const events = Array.from({ length: count }, () => outgoing());
  const { id, store, close } = createDataFile(destination);
  for (const [index, { eventId, body }] of events.entries()) {
    store.transaction(() => store.submit(eventId, index % 2 === 0, body));
  }
  const path = join(destination, `${id}.db`);
  const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  close();
  const leave = (damagedLog: Uint8Array): void => {
    for (const side of ["-wal", "-shm"]) rmSync(path + side, { force: true });
    writeFileSync(path, database, { mode: 0o600 });
    writeFileSync(`${path}-wal`, damagedLog, { mode: 0o600 });
  };
  const adopt = (damagedLog: Uint8Array): Adoption => {
    leave(damagedLog);
    return adoptDataFile(destination, id);
  };
  return { path, events, log, leave, adopt };
}

/** What adoption and salvage make of a damaged log. */
function salvaged(adoption: Adoption): {
  saved: number;
  altered: number;
  texts: string[];
  derivedIds: number;
} {
  if (adoption.outcome !== "damaged") throw new Error(adoption.outcome);
  const into = storeInMemory();
  const counts = salvage(adoption.file.path, into);
  const found = into.page(0, 1_000);
  const derivedIds = found.filter(({ hasDerivedId }) => hasDerivedId).length;
  into.close();
  rmSync(dirname(adoption.file.setAside()), { recursive: true });
  return { ...counts, texts: found.map(textOf), derivedIds };
}

test(
  "with any one bit of a body flipped in the log of a killed process, it is known and the others are saved",
  PATIENT,
  async () => {
    const { events, log, adopt } = await killedFile(12);
    const victim = events[5] as (typeof events)[number];
    const others = events.filter((event) => event !== victim).map(({ text }) => text);
    const places = placesOf(victim.body, log);
    for (const bit of chosen(victim.body.length * 8, BITS, 60)) {
      const damaged = Buffer.from(log);
      flip(damaged, places, bit);
      expect(salvaged(adopt(damaged))).toEqual({ saved: 11, altered: 1, texts: others, derivedIds: 6 });
    }
  },
);

test("what stands in a log that is too large to be mended is salvaged all the same", async () => {
  const { path, events, log, leave } = await killedFile(12);
  leave(log);
  truncateSync(`${path}-wal`, 2 ** 28 + 1);
  const into = storeInMemory();
  expect(salvage(path, into)).toEqual({ saved: events.length, altered: 0 });
  into.close();
});

/** Where the last transaction of a log begins: behind the last commit but one. */
function lastTransactionOf(log: Buffer): number {
  const ends: number[] = [];
  for (let at = 32; at < log.length; at += 4_120) if (log.readUInt32BE(at + 4) > 0) ends.push(at + 4_120);
  return ends.at(-2) as number;
}

test(
  "with any bit of the log flipped before its last transaction, the damage shows, and nothing altered is saved",
  PATIENT,
  async () => {
    const { events, log, adopt } = await killedFile(60);
    const texts = new Set(events.map(({ text }) => text));
    const saved: number[] = [];
    for (const bit of chosen(lastTransactionOf(log) * 8, LOG_BITS, 120)) {
      const damaged = Buffer.from(log);
      flip(damaged, [0], bit);
      const result = salvaged(adopt(damaged));
      expect(result.texts.filter((text) => !texts.has(text))).toEqual([]);
      saved.push(result.saved);
    }
    // Most of a log are pages that a later frame replaces.
    expect(saved.filter((count) => count === events.length).length).toBeGreaterThan(saved.length / 2);
  },
);

test("a log cut at any length is read as far as it goes", PATIENT, async () => {
  const { events, log, adopt } = await killedFile(12);
  const texts = events.map(({ text }) => text);
  const counts = new Set<number>();
  for (const length of [...chosen(log.length, LOG_LENGTHS, 60), log.length]) {
    const adoption = adopt(log.subarray(0, length));
    if (adoption.outcome !== "adopted") throw new Error(`length ${length}: ${adoption.outcome}`);
    const found = adoption.file.store.page(0, 100).map(textOf);
    expect(found).toEqual(texts.slice(0, found.length));
    counts.add(found.length);
    adoption.file.close();
  }
  expect(counts.size).toBeGreaterThan(8);
  expect(counts).toContain(12);
});
