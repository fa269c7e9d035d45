import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { getSystemErrorMessage } from "node:util";
import { ComplianceGuardError } from "../core/errors.ts";
import { NO_PREVIOUS_HASH } from "../evidence/entry.ts";

/**
 * Opens the database of one environment for this process alone, or makes what is missing in an empty file. The file is
 * readable by its owner only from its first moment on; the system lets go of the lock when the process dies.
 *
 * A transaction is on the disk when its COMMIT returns (WAL with `synchronous = FULL`, set and read back).
 * @param newEnvironmentId Taken where the file is empty.
 * @throws {ComplianceGuardError} `server_error` where another server has it open, or it is not ours, or of a newer version, or
 *   the directory cannot be used.
 */
export function openDatabase(file: string, newEnvironmentId: string): DatabaseSync {
  makeFile(file);
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF");
    requirePragma(database, "journal_mode", "WAL", "wal");
    requirePragma(database, "synchronous", "FULL", 2);
    database.exec("BEGIN EXCLUSIVE");
    migrate(database, file, newEnvironmentId);
    database.exec("COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw explain(error, file);
  }
}

/** "CGPl": tells our file from any other SQLite database. */
const APPLICATION_ID = 0x4347506c;
const SCHEMA_VERSION = 1;

// Bodies stand apart, so that looking through events reads no ciphertext. NOCASE: a UUID is the same in either case.
const SCHEMA = `
  CREATE TABLE event (
    sequence_number INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE COLLATE NOCASE,
    system_id TEXT NOT NULL,
    correlation_id TEXT,
    occurred_at TEXT NOT NULL,
    entry TEXT NOT NULL,
    event_hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_system ON event (system_id);
  CREATE INDEX event_by_correlation ON event (correlation_id) WHERE correlation_id IS NOT NULL;
  CREATE TABLE body (
    sequence_number INTEGER PRIMARY KEY,
    salt TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE head (sequence_number INTEGER NOT NULL, event_hash TEXT NOT NULL) STRICT;
  CREATE TABLE system (system_id TEXT PRIMARY KEY, registered_at_utc TEXT NOT NULL) STRICT;
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

function makeFile(file: string): void {
  try {
    makeDirectory(dirname(file));
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    if (code !== "EEXIST") {
      throw failure(`cannot keep data in ${dirname(file)}: ${getSystemErrorMessage(errno)}`);
    }
    // It exists. It must not be opened here: closing any descriptor of it would drop the lock another server in this process holds.
    chmodSync(file, 0o600);
  }
}

/** As mkdir's `recursive`, which never ends where the system says of a new directory that it is not there, as in /proc. */
function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })) return;
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function migrate(database: DatabaseSync, file: string, newEnvironmentId: string): void {
  const version = pragma(database, "user_version");
  if (version === 0 && database.prepare("SELECT 1 FROM sqlite_schema").get() === undefined) {
    database.exec(
      `${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`,
    );
    database.prepare("INSERT INTO head VALUES (0, ?)").run(NO_PREVIOUS_HASH);
    database.prepare("INSERT INTO setting VALUES ('environment_id', ?)").run(newEnvironmentId);
  } else if (pragma(database, "application_id") !== APPLICATION_ID) {
    throw failure(`${file} is a database of something else: choose another directory`);
  } else if (version !== SCHEMA_VERSION) {
    throw failure(
      `${file} has version ${version}, this server knows ${SCHEMA_VERSION}: use the version that made it`,
    );
  }
}

function requirePragma(database: DatabaseSync, name: string, value: string, expected: string | number): void {
  database.exec(`PRAGMA ${name} = ${value}`);
  const found = pragma(database, name);
  if (found !== expected) throw failure(`SQLite refuses ${name} = ${value} on this disk, it stays ${found}`);
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;

function explain(error: unknown, file: string): unknown {
  const { errcode } = error as { errcode?: number };
  if (errcode === SQLITE_BUSY) {
    return failure(`another server has ${dirname(file)} open: stop it, or choose another directory`);
  }
  if (errcode === SQLITE_NOTADB) return failure(`${file} is no SQLite database: choose another directory`);
  return error;
}

function failure(message: string): ComplianceGuardError {
  return new ComplianceGuardError("server_error", message);
}
