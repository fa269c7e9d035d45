import { closeSync, lstatSync, openSync, readSync, truncateSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { readableRecords } from "./kept-record.ts";
import { openRecords } from "./record-schema.ts";
import type { RecordStore } from "./record-store.ts";

/** What could be read of a damaged file. */
export interface Salvage {
  readonly saved: number;
  /** Records that could be found but are not what was kept. They stay in the file that was set aside. */
  readonly altered: number;
}

/**
 * Copies every record of a damaged file that is still what was kept into another store, and what the file says of whose they are.
 * @param into Empty.
 */
export function salvage(path: string, into: RecordStore): Salvage {
  let saved = 0;
  let altered = 0;
  const database = openDamaged(path);
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
  try {
    const rows = database.prepare("SELECT name, value FROM setting").all();
    return rows.map(({ name, value }) => [String(name), String(value)]);
  } catch {
    return [];
  }
}

function openDamaged(path: string): DatabaseSync | undefined {
  try {
    // SQLite reads nothing of a file that is shorter than its header says.
    const { size } = lstatSync(path);
    const stated = statedSize(path);
    if (stated > size && stated <= MAX_STATED_BYTES) truncateSync(path, stated);
    return openRecords(path, { readOnly: true });
  } catch {
    return undefined;
  }
}

/** A damaged header may state anything. */
const MAX_STATED_BYTES = 2 ** 36;

/** Page size times page count, as the header has them (SQLite file format, section 1.3). */
function statedSize(path: string): number {
  const header = headerOf(path);
  const pageSize = header.readUInt16BE(16);
  return (pageSize === 1 ? 65_536 : pageSize) * header.readUInt32BE(28);
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(32);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  return header;
}
