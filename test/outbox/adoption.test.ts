import { chmodSync, chownSync, linkSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { closedPort } from "../client/platform-double.ts";
import { testDirectory, testPlatform } from "../server/test-platform.ts";
import { outgoing, testOutbox } from "./fixtures.ts";
import { leftFile } from "./left-file.ts";
import { recorded, startWriter } from "./writers.ts";

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
