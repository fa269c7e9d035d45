import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { adoptDataFile, createDataFile } from "../../src/outbox/data-file.ts";
import { salvage } from "../../src/outbox/salvage.ts";
import { closedPort } from "../client/platform-double.ts";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { outgoing, testOutbox } from "./fixtures.ts";
import { recorded, startWriter } from "./writers.ts";

/** The one destination's directory. */
function destinationOf(directory: string): string {
  const [name = ""] = readdirSync(join(directory, "outbox"));
  return join(directory, "outbox", name);
}

/** A file with `count` events, as a process that is gone has left it, and where it lies. */
async function leftFile(baseUrl: string, count: number, directory?: string) {
  const place = directory ?? (await testDirectory());
  const events = Array.from({ length: count }, () => outgoing());
  const outbox = testOutbox({ directory: place, baseUrl });
  // Start records: nothing sends them before the next start.
  for (const event of events) await outbox.begin(event);
  await outbox.close({ timeoutMs: 0 });
  const destination = destinationOf(place);
  const path = readdirSync(destination)
    .filter((name) => name.endsWith(".db"))
    .map((name) => join(destination, name))[0] as string;
  return { directory: place, events, path, destination };
}

const plant: Record<string, (path: string) => void> = {
  "a trigger in its schema": (path) => {
    const database = new DatabaseSync(path);
    database.exec("CREATE TRIGGER planted AFTER DELETE ON record BEGIN DELETE FROM body; END");
    database.close();
  },
  "a view in its schema": (path) => {
    const database = new DatabaseSync(path);
    database.exec("CREATE VIEW planted AS SELECT 1");
    database.close();
  },
  "an open mode": (path) => chmodSync(path, 0o644),
  "a second name": (path) => linkSync(path, `${path}.other`),
  "a symbolic link in its place": (path) => {
    renameSync(path, `${path}.real`);
    symlinkSync(`${path}.real`, path);
  },
  "a name that is none of ours": (path) => renameSync(path, join(path, "..", "planted.db")),
  "something that is no database": (path) => writeFileSync(path, "x".repeat(5_000)),
};

test.each(Object.keys(plant))(
  "a file with %s is set aside and reported, and nothing of it is sent",
  async (what) => {
    const server = await testPlatform();
    const left = await leftFile(server.url, 3);
    plant[what]?.(left.path);
    const outbox = testOutbox({ directory: left.directory, baseUrl: server.url });
    const own = outgoing();
    await outbox.submit(own);
    expect(await outbox.flush()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
    expect([...(await recorded(server)).keys()]).toEqual([own.eventId]);
    expect(await outbox.status()).toMatchObject({ setAside: 1 });
    expect(outbox.troubles).toMatchObject([{ code: "outbox_damaged" }]);
    expect(readdirSync(join(left.destination, "aside"))).toHaveLength(1);
  },
);

test.runIf(process.getuid?.() === 0)(
  "a file of another user is set aside and reported, and nothing of it is sent",
  async () => {
    const server = await testPlatform();
    const left = await leftFile(server.url, 3);
    chownSync(left.path, 12_345, 12_345);
    const outbox = testOutbox({ directory: left.directory, baseUrl: server.url });
    await outbox.ready();
    expect(await outbox.flush()).toEqual({ delivered: 0, waiting: 0, deadLetters: 0 });
    expect((await recorded(server)).size).toBe(0);
    expect(await outbox.status()).toMatchObject({ setAside: 1 });
    expect(outbox.troubles).toMatchObject([{ code: "outbox_damaged" }]);
  },
);

test("a planted lock is not taken for one, and its file is set aside", async () => {
  const server = await testPlatform();
  const left = await leftFile(server.url, 1);
  const lock = join(left.destination, "locks", readdirSync(join(left.destination, "locks"))[0] as string);
  chmodSync(lock, 0o666);
  const outbox = testOutbox({ directory: left.directory, baseUrl: server.url });
  await outbox.ready();
  expect(await outbox.flush()).toEqual({ delivered: 0, waiting: 0, deadLetters: 0 });
  expect(await outbox.status()).toMatchObject({ setAside: 1 });
});

test(
  "with any bit of a stored body flipped, that event is never sent as it is, and the others are",
  async () => {
    const server = await testPlatform();
    const pristine = await leftFile(server.url, 12);
    const bytes = readFileSync(pristine.path);
    const victim = pristine.events[5] as (typeof pristine.events)[number];
    // SQLite leaves old copies behind where it moves a row.
    const starts: number[] = [];
    for (let at = bytes.indexOf(victim.body); at >= 0; at = bytes.indexOf(victim.body, at + 1))
      starts.push(at);
    expect(starts.length).toBeGreaterThan(0);
    const flips = Number(process.env["CRASH_FLIPS"] ?? 3);
    const directory = await testDirectory();
    for (let flip = 0; flip < flips; flip++) {
      const damaged = Buffer.from(bytes);
      const offset = Math.floor((flip * victim.body.length) / flips);
      for (const at of starts.map((start) => start + offset)) {
        damaged.writeUInt8((damaged[at] as number) ^ (1 << (flip % 8)), at);
      }
      // A platform and a name of its own each time, so that nothing is known of these events.
      const platform = await testPlatform();
      const name = `flip-${flip}`;
      const opened = testOutbox({ directory, baseUrl: platform.url, name });
      await opened.begin(outgoing());
      const [destination] = readdirSync(join(directory, "outbox"))
        .map((each) => join(directory, "outbox", each))
        .filter((each) => !seen.has(each));
      seen.add(destination as string);
      await opened.close({ timeoutMs: 0 });
      const [file] = readdirSync(destination as string).filter((each) => each.endsWith(".db"));
      writeFileSync(join(destination as string, file as string), damaged);
      const outbox = testOutbox({ directory, baseUrl: platform.url, name });
      await outbox.ready();
      expect(await outbox.flush()).toMatchObject({ delivered: 11, waiting: 0, deadLetters: 1 });
      expect(await outbox.deadLetters()).toMatchObject([{ eventId: victim.eventId, code: "outbox_damaged" }]);
      expect(await outbox.replay()).toBe(0);
      const found = await recorded(platform);
      const others = pristine.events.filter((event) => event !== victim);
      expect(others.filter(({ eventId, text }) => found.get(eventId)?.body !== text)).toEqual([]);
      expect(found.size).toBe(11);
      await outbox.close();
    }
  },
  Math.max(120_000, Number(process.env["CRASH_FLIPS"] ?? 0) * 1_500),
);

const seen = new Set<string>();

test("with any of 200 bits of a stored body flipped, adoption gives the others unaltered and knows that one", async () => {
  const left = await leftFile("http://127.0.0.1:1", 12);
  const pristine = readFileSync(left.path);
  const id = basename(left.path, ".db");
  const victim = left.events[5] as (typeof left.events)[number];
  const intact = left.events.filter((event) => event !== victim).map(({ text }) => text);
  const starts: number[] = [];
  for (let at = pristine.indexOf(victim.body); at >= 0; at = pristine.indexOf(victim.body, at + 1))
    starts.push(at);
  const random = seeded(20_260_501);
  for (let flip = 0; flip < 200; flip++) {
    const bit = Math.floor(random() * victim.body.length * 8);
    const damaged = Buffer.from(pristine);
    for (const start of starts) {
      const at = start + (bit >> 3);
      damaged.writeUInt8((damaged[at] as number) ^ (1 << (bit & 7)), at);
    }
    writeFileSync(left.path, damaged, { mode: 0o600 });
    const adoption = adoptDataFile(left.destination, id);
    if (adoption.outcome !== "adopted") throw new Error(`bit ${bit}: ${adoption.outcome}`);
    const { store } = adoption.file;
    store.transaction(() => store.abandonAll());
    const found = store.page(0, 100);
    expect(found.filter(({ isIntact }) => !isIntact).map(({ eventId }) => eventId)).toEqual([victim.eventId]);
    expect(found.filter(({ isIntact }) => isIntact).map(({ body }) => Buffer.from(body).toString())).toEqual(
      intact,
    );
    adoption.file.close();
  }
}, 60_000);

test("a file cut at any of 60 lengths is set aside, and what is salvaged of it is unaltered", async () => {
  const left = await leftFile("http://127.0.0.1:1", 40);
  const pristine = readFileSync(left.path);
  const id = basename(left.path, ".db");
  const texts = new Set(left.events.map(({ text }) => text));
  const random = seeded(20_260_502);
  const saved: number[] = [];
  for (let cut = 0; cut < 60; cut++) {
    writeFileSync(left.path, pristine.subarray(0, Math.floor(random() * pristine.length)), { mode: 0o600 });
    const adoption = adoptDataFile(left.destination, id);
    // What is cut off always shows.
    if (adoption.outcome !== "set_aside") throw new Error(`cut ${cut}: ${adoption.outcome}`);
    const into = createDataFile(left.destination);
    salvage(adoption.path, into.store);
    const found = into.store.page(0, 100).map(({ body }) => Buffer.from(body).toString());
    expect(found.filter((text) => !texts.has(text))).toEqual([]);
    saved.push(found.length);
    into.close();
    rmSync(join(left.destination, "aside"), { recursive: true });
  }
  expect(Math.max(...saved)).toBeGreaterThan(10);
}, 60_000);

/** The same numbers from 0 to 1 each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(
  "a file cut at any length stops nothing: what can still be read goes, unaltered",
  async () => {
    const server = await testPlatform();
    const left = await leftFile(server.url, 40);
    const size = readFileSync(left.path).length;
    const pristine = `${left.path}.pristine`;
    copyFileSync(left.path, pristine);
    const cuts = Number(process.env["CRASH_CUTS"] ?? 6);
    let sent = 0;
    for (let cut = 0; cut < cuts; cut++) {
      copyFileSync(pristine, left.path);
      truncateSync(left.path, Math.floor((size * cut) / cuts) + (cut % 3));
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
  },
  Math.max(120_000, Number(process.env["CRASH_CUTS"] ?? 0) * 1_500),
);

test.each(["first", "second"])(
  "of two tenants' outboxes, killed and restarted with the %s first, no event reaches the other",
  async (order) => {
    const directory = await testDirectory();
    const keys = ["key-of-the-first-tenant", "key-of-the-second-tenant"];
    const baseUrl = await closedPort();
    // Same platform, same outbox name: only the keys differ.
    const writers = keys.map((apiKey) =>
      startWriter({ directory, baseUrl, apiKey, writers: 1 }, ({ child, kept }) => {
        if (kept.size === 5) child.kill("SIGKILL");
      }),
    );
    await Promise.all(writers.map(({ ended }) => ended));
    const port = Number(new URL(baseUrl).port);
    const indexes = order === "first" ? [0, 1] : [1, 0];
    for (const index of indexes) {
      const apiKey = keys[index] as string;
      // One platform a workspace, at the one address.
      const workspace = await testPlatform({ port, apiKey });
      const outbox = testOutbox({ directory, baseUrl, apiKey });
      const own = outgoing();
      await outbox.submit(own);
      await outbox.flush();
      const found = await recorded(workspace, apiKey);
      const mine = writers[index]?.kept ?? new Set();
      const theirs = writers[1 - index]?.begun ?? new Set();
      expect([...mine].filter((eventId) => !found.has(eventId))).toEqual([]);
      expect([...theirs].filter((eventId) => found.has(eventId))).toEqual([]);
      await outbox.close({ timeoutMs: 0 });
      await workspace.close();
    }
  },
  60_000,
);

test("an answer from another environment stops delivery and deletes nothing", async () => {
  const directory = await testDirectory();
  const first = await testPlatform();
  const outbox = testOutbox({ directory, baseUrl: first.url });
  await outbox.submit(outgoing());
  await outbox.flush();
  await first.close();
  const other = await testPlatform({ port: first.port });
  await outbox.submit(outgoing());
  await outbox.submit(outgoing());
  expect(await outbox.flush()).toEqual({
    delivered: 1,
    waiting: 2,
    deadLetters: 0,
    paused: "other_environment",
  });
  // What was under way already has reached it; all of it is still here, too.
  expect((await recorded(other)).size).toBeLessThanOrEqual(2);
});
