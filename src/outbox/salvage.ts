import {
  closeSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { readableRecords } from "./kept-record.ts";
import { openRecords } from "./record-schema.ts";
import type { RecordStore } from "./record-store.ts";
import { readOr } from "./sqlite-errors.ts";
import { mendedLog, readLog } from "./write-ahead-log.ts";

/** What could be read of a damaged file. */
export interface Salvage {
  readonly saved: number;
  /** Records that could be found but are not what was kept. They stay in the damaged file. */
  readonly altered: number;
}

/**
 * Copies every record of a damaged file that is still what was kept into another store, and what the file says of whose they are.
 * The file itself is only read: it is evidence, and there may have to be another try.
 * @param path Of a file whose lock is held.
 * @param into Empty, and empty again where this throws.
 * @throws What the system says where it leaves no room or a read fails.
 */
export function salvage(path: string, into: RecordStore): Salvage {
  const directory = join(dirname(path), "aside", `${basename(path, ".db")}.copy`);
  // Of a process that was killed at it.
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    return salvageCopy(mendedCopy(path, directory), into);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A copy that SQLite reads as far as it can be read. */
function mendedCopy(path: string, directory: string): string {
  const copy = join(directory, basename(path));
  copyFileSync(path, copy);
  const log = `${path}-wal`;
  if (lstatSync(log, { throwIfNoEntry: false })) copyFileSync(log, `${copy}-wal`);
  const known = readLog(log);
  const mended = known && mendedLog(known);
  if (mended) writeFileSync(`${copy}-wal`, mended);
  // SQLite reads nothing of a file that is shorter than its header says.
  const stated = statedBytes(copy);
  if (stated > lstatSync(copy).size && stated <= MAX_STATED_BYTES) truncateSync(copy, stated);
  return copy;
}

function salvageCopy(copy: string, into: RecordStore): Salvage {
  let saved = 0;
  let altered = 0;
  const database = readOr<DatabaseSync | undefined>(undefined, () => openRecords(copy, { readOnly: true }));
  if (!database) return { saved, altered };
  try {
    into.transaction(() => {
      for (const [name, value] of readableSettings(database)) into.setSetting(name, value);
      for (const { isIntact, eventId, hasDerivedId, body } of readableRecords(database)) {
        if (isIntact) {
          into.submit(eventId, hasDerivedId, body);
          saved++;
        } else altered++;
      }
    });
  } finally {
    database.close();
  }
  return { saved, altered };
}

/** None where they cannot be read: then nobody knows whose the records are, and they are held. */
function readableSettings(database: DatabaseSync): readonly (readonly [string, string])[] {
  return readOr<readonly (readonly [string, string])[]>([], () => {
    const rows = database.prepare("SELECT name, value FROM setting").all();
    return rows.map(({ name, value }) => [String(name), String(value)] as const);
  });
}

/** A damaged header may state anything. */
const MAX_STATED_BYTES = 2 ** 36;

/** Page size times page count, as the header has them (SQLite file format, section 1.3). */
function statedBytes(path: string): number {
  const header = Buffer.alloc(32);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  const pageSize = header.readUInt16BE(16);
  return (pageSize === 1 ? 65_536 : pageSize) * header.readUInt32BE(28);
}
