import type { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../core/digest.ts";
import { readOr } from "./sqlite-errors.ts";

/** A record as it is kept. */
export interface KeptRecord {
  readonly number: number;
  readonly eventId: string;
  readonly hasDerivedId: boolean;
  readonly body: Uint8Array;
  /** False where body, id or flag are not what was kept: such a record is never sent. */
  readonly isIntact: boolean;
}

/**
 * Every record of a damaged file that SQLite can still read, whatever its state: the numbers from the front and from the back
 * as far as they can be read, then each record by itself.
 */
export function* readableRecords(database: DatabaseSync): Generator<KeptRecord> {
  const numbers = new Set<number>();
  for (const direction of ["ASC", "DESC"]) {
    // As far as SQLite can read.
    readOr(undefined, () => {
      const rows = database.prepare(`SELECT number FROM record ORDER BY number ${direction}`).iterate();
      for (const row of rows) numbers.add(Number(row["number"]));
    });
  }
  for (const number of numbers) {
    // None where it lies on a damaged page.
    const row = readOr(undefined, () =>
      database.prepare(`SELECT ${COLUMNS} WHERE record.number = ?`).get(number),
    );
    if (row) yield keptRecord(row);
  }
}

/** What {@link keptRecord} reads. */
export const COLUMNS: string =
  "record.number AS number, event_id, state, has_derived_id, digest, bytes FROM record LEFT JOIN body ON body.number = record.number";

/** A row of {@link COLUMNS}, held against its digest. */
export function keptRecord(row: Record<string, unknown>): KeptRecord {
  const eventId = String(row["event_id"]);
  const hasDerivedId = row["has_derived_id"] === 1;
  const bytes = row["bytes"];
  const body = bytes instanceof Uint8Array ? bytes : new Uint8Array();
  const digest = row["digest"];
  const isIntact = digest instanceof Uint8Array && digestOf(eventId, hasDerivedId, body).equals(digest);
  return { number: Number(row["number"]), eventId, hasDerivedId, body, isIntact };
}

/** What a record is held against. Over the id and the flag too: all that decides what is sent and what an answer means. */
export function digestOf(eventId: string, hasDerivedId: boolean, body: Uint8Array): Buffer {
  const start = Buffer.from(`${eventId}\0${hasDerivedId ? 1 : 0}\0`, "utf8");
  return Buffer.from(sha256Hex(Buffer.concat([start, body])), "hex");
}
