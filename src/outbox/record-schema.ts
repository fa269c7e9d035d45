import { DatabaseSync } from "node:sqlite";
import { ComplianceGuardError } from "../core/errors.ts";

/** "CGOb": tells an outbox from any other SQLite database. */
const APPLICATION_ID = 0x43474f62;
const SCHEMA_VERSION = 1;

// Bodies stand apart, so that counting a million events reads no ciphertext. State 0 is a start record, 1 waits, 2 is a dead
// letter. There is no index but for the row numbers: a damaged index could hide an event.
const SCHEMA = `
  CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    has_derived_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL
  ) STRICT;
  CREATE TABLE body (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE refusal (
    number INTEGER PRIMARY KEY,
    status INTEGER,
    code TEXT NOT NULL,
    answer TEXT NOT NULL,
    refused_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/**
 * Opens a data file. A transaction is on the disk when its COMMIT returns (WAL with `synchronous = FULL`, set and read back).
 * Nothing in the file's schema is trusted.
 */
export function openRecords(file: string, options: { readonly readOnly?: boolean } = {}): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: options.readOnly ?? false });
  try {
    database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA busy_timeout = 2000");
    if (!options.readOnly) {
      requirePragma(database, "journal_mode", "WAL", "wal");
      requirePragma(database, "synchronous", "FULL", 2);
      database.exec("PRAGMA journal_size_limit = 16777216");
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Makes the tables in an empty file. */
export function createSchema(database: DatabaseSync): void {
  database.exec(
    `BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
  );
}

/** Undoes a transaction that has failed. */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}

/** Beyond this size a file is not read as a whole before it is used: each body still carries its own digest. */
const CHECKED_BYTES = 64 * 2 ** 20;

/**
 * Holds a file against what this version makes: the same tables and nothing else (a trigger, a view), and pages that are whole.
 * @throws {ComplianceGuardError} `outbox_unusable` for other tables, `outbox_damaged` for pages that are not whole.
 */
export function checkSchema(database: DatabaseSync, fileBytes: number): void {
  // A process that died while it made the file left it empty.
  if (schemaOf(database) === EMPTY) createSchema(database);
  if (schemaOf(database) !== expectedSchema()) {
    throw new ComplianceGuardError("outbox_unusable", "its tables are not those of an outbox");
  }
  if (fileBytes > CHECKED_BYTES) return;
  const report = pragma(database, "quick_check(1)");
  if (report !== "ok") throw new ComplianceGuardError("outbox_damaged", "SQLite finds it damaged");
}

function schemaOf(database: DatabaseSync): string {
  const objects = database
    .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
    .all();
  return JSON.stringify([pragma(database, "application_id"), pragma(database, "user_version"), objects]);
}

const EMPTY = JSON.stringify([0, 0, []]);

let expected: string | undefined;

function expectedSchema(): string {
  if (expected === undefined) {
    const empty = new DatabaseSync(":memory:");
    createSchema(empty);
    expected = schemaOf(empty);
    empty.close();
  }
  return expected;
}

function requirePragma(database: DatabaseSync, name: string, value: string, wanted: string | number): void {
  database.exec(`PRAGMA ${name} = ${value}`);
  const found = pragma(database, name);
  if (found === wanted) return;
  throw new ComplianceGuardError(
    "outbox_unusable",
    `SQLite refuses ${name} = ${value} on this disk, it stays ${String(found)}: use a local disk`,
  );
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}
