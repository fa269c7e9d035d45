import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { mendedLog, readLog } from "../../src/outbox/write-ahead-log.ts";
import { testDirectory } from "../server/test-platform.ts";
import { seeded } from "./left-file.ts";

const FRAME_BYTES = 4_120;

/** The number of the second frame's page: one flipped bit makes a zero of a low one. */
const PAGE_NUMBER = 32 + FRAME_BYTES + 3;

/** A database with a log, and ways to write into it. */
async function database() {
  const path = join(await testDirectory(), "x.db");
  const connection = new DatabaseSync(path);
  connection.exec("PRAGMA journal_mode = WAL; CREATE TABLE entry (number INTEGER PRIMARY KEY, text TEXT)");
  return {
    path,
    connection,
    write: (bytes: number): void => {
      connection.prepare("INSERT INTO entry (text) VALUES (?)").run("x".repeat(bytes));
    },
    /** The file and its log as they would be found after a kill, in another place. */
    killed(): { copy: string; log: Buffer } {
      const copy = `${path}.copy`;
      writeFileSync(copy, readFileSync(path));
      return { copy, log: readFileSync(`${path}-wal`) };
    },
  };
}

test("a log that is whole is not mended, whatever older frames lie behind it", async () => {
  const { path, connection, write, killed } = await database();
  const random = seeded(20_260_503);
  for (let round = 0; round < 40; round++) {
    for (let count = 0; count < 1 + random() * 8; count++) write(Math.floor(random() * 9_000));
    expect(mendedLog(killed().log)).toBe(undefined);
    if (random() < 0.4) connection.exec("PRAGMA wal_checkpoint(RESTART)");
  }
  expect(readFileSync(`${path}-wal`).length).toBeGreaterThan(10 * FRAME_BYTES);
  connection.close();
});

test.each([
  ["the header", 3],
  ["the header's salts", 17],
  ["the header's page size", 10],
  ["a frame's page", 32 + FRAME_BYTES + 2_000],
  ["a frame's salts", 32 + FRAME_BYTES + 9],
  ["a frame's page number", PAGE_NUMBER],
  ["a frame's checksum", 32 + FRAME_BYTES + 20],
])("with a bit of %s flipped SQLite reads the log to its end again", async (_what, at) => {
  const { connection, write, killed } = await database();
  for (let count = 0; count < 5; count++) write(10);
  const { copy, log } = killed();
  connection.close();
  const mask = at === PAGE_NUMBER ? (log[at] as number) : 1;
  log.writeUInt8((log[at] as number) ^ mask, at);
  const rows = (): number => {
    using reader = new DatabaseSync(copy, { readOnly: true });
    return Number(reader.prepare("SELECT count(*) AS n FROM entry").get()?.["n"]);
  };
  const mended = mendedLog(log) as Buffer;
  writeFileSync(`${copy}-wal`, mended);
  expect(rows()).toBe(5);
});

test("a last transaction that is not whole is no damage: so the power's failing leaves it", async () => {
  const { connection, write, killed } = await database();
  for (let count = 0; count < 5; count++) write(10);
  const { copy, log } = killed();
  connection.close();
  const torn = Buffer.from(log);
  torn.fill(0xff, torn.length - 2_000, torn.length - 1_000);
  for (const left of [torn, log.subarray(0, log.length - 100)]) expect(mendedLog(left)).toBe(undefined);
  for (const left of [log.subarray(0, 20), Buffer.alloc(0)]) {
    writeFileSync(`${copy}-wal`, left);
    expect(readLog(`${copy}-wal`)).toBe(undefined);
  }
  expect(readLog(`${copy}-none`)).toBe(undefined);
});
