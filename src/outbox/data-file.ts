import { randomBytes } from "node:crypto";
import { closeSync, lstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { isComplianceGuardError } from "../core/errors.ts";
import { troubleOf } from "./directory.ts";
import { FileLock } from "./file-lock.ts";
import { checkSchema, createSchema, openRecords } from "./record-schema.ts";
import { RecordStore } from "./record-store.ts";
import { isOfContent } from "./sqlite-errors.ts";
import { mendedLog, PAGE_BYTES, readLog } from "./write-ahead-log.ts";

/** A data file this process holds: its own, or one it adopted. */
export interface DataFile {
  readonly id: string;
  readonly store: RecordStore;
  /** Closes it; removes it where nothing is left in it. */
  close(): void;
  /** Closes it and keeps its lock, for it has turned out to be damaged. */
  damaged(trouble: string): DamagedFile;
}

/** What became of a data file that another process left. */
export type Adoption =
  /** Its process lives, or somebody else was faster. */
  | { readonly outcome: "in_use" }
  | { readonly outcome: "adopted"; readonly file: DataFile }
  /** Not to be trusted, and nothing of it is read. It was moved to `path`. */
  | { readonly outcome: "set_aside"; readonly trouble: string; readonly path: string }
  | { readonly outcome: "damaged"; readonly file: DamagedFile };

/** A data file that can be read in parts. It is held, and stays where it is until what can be saved of it is saved. */
export interface DamagedFile {
  readonly path: string;
  readonly trouble: string;
  /** Moves it away and lets go. Gives where it lies then. */
  setAside(): string;
  /** Lets go and leaves it, for another try. */
  release(): void;
}

const SIDES = ["", "-wal", "-shm", "-journal"];

/** Makes this process's own data file: first the lock, then the file. Where that fails, neither is left. */
export function createDataFile(directory: string): DataFile {
  for (;;) {
    const id = randomBytes(16).toString("hex");
    const lockPath = join(directory, "locks", id);
    const path = join(directory, `${id}.db`);
    let lock: FileLock | undefined;
    let database: DatabaseSync | undefined;
    try {
      lock = FileLock.create(lockPath);
      if (!lock) continue;
      // With its mode before SQLite opens it, so that it is never open to others.
      closeSync(openSync(path, "wx", 0o600));
      database = openRecords(path);
      createSchema(database);
      return dataFile(directory, id, new RecordStore(database), lock);
    } catch (error) {
      database?.close();
      removeFile(path);
      // Nobody else can have taken the lock: there was no data file to find it by.
      if (lock) lock.remove();
      else rmSync(lockPath, { force: true });
      throw error;
    }
  }
}

/** The ids of the data files in a directory that are not `held`. */
export function strangeFiles(directory: string, held: ReadonlySet<string>): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".db"))
    .map((name) => name.slice(0, -3))
    .filter((id) => !held.has(id));
}

/**
 * Adopts the data file of a process that is gone, once it is what it should be: this user's own, open to nobody else, under one
 * name, with our tables and nothing else, and whole.
 * @throws What the system says where it cannot be looked at now (no descriptor left, a full disk): it stays as it is.
 */
export function adoptDataFile(directory: string, id: string): Adoption {
  const path = join(directory, `${id}.db`);
  const lockPath = join(directory, "locks", id);
  if (!/^[0-9a-f]{32}$/.test(id)) return setAside(path, "its name is none of ours");
  const lockTrouble = isThere(lockPath) ? FileLock.troubleOf(lockPath) : undefined;
  // Whoever held it has removed both meanwhile.
  if (!isThere(path)) return { outcome: "in_use" };
  if (lockTrouble) return setAside(path, `its lock: ${lockTrouble}`);
  const lock = FileLock.create(lockPath) ?? FileLock.take(lockPath);
  if (!lock) return { outcome: "in_use" };
  try {
    // Or just now.
    const adoption = isThere(path) ? looked(directory, id, lock) : undefined;
    if (!adoption) {
      lock.remove();
      return { outcome: "in_use" };
    }
    if (adoption.outcome === "set_aside") lock.remove();
    return adoption;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What a file is whose lock is held. */
function looked(directory: string, id: string, lock: FileLock): Adoption {
  const path = join(directory, `${id}.db`);
  const trouble = sidesOf(path)
    .map((side) => troubleOf(side, "file"))
    .find((each) => each !== undefined);
  if (trouble) return setAside(path, trouble);
  const damaged = (how: string): Adoption => ({ outcome: "damaged", file: damagedFile(path, how, lock) });
  if (isCut(path)) return damaged("it ends in the midst of a page");
  if (isLogDamaged(path)) return damaged("its write-ahead log is damaged");
  try {
    return { outcome: "adopted", file: dataFile(directory, id, checkedStore(path), lock) };
  } catch (error) {
    const code = isComplianceGuardError(error) ? error.code : undefined;
    if (code === "outbox_unusable") return setAside(path, (error as Error).message);
    if (code === "outbox_damaged" || isOfContent(error)) return damaged((error as Error).message);
    throw error;
  }
}

function damagedFile(path: string, trouble: string, lock: FileLock): DamagedFile {
  return {
    path,
    trouble,
    setAside() {
      const aside = movedAside(path);
      lock.remove();
      return aside;
    },
    release: () => lock.release(),
  };
}

/** SQLite would take what is missing of the last page for zeros, and a file of a few bytes for a new one. */
function isCut(path: string): boolean {
  // Where a crash has cut the file while it grew, the log has the page.
  const logBytes = lstatSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return logBytes === 0 && lstatSync(path).size % PAGE_BYTES !== 0;
}

function isLogDamaged(path: string): boolean {
  const log = readLog(`${path}-wal`);
  return log !== undefined && mendedLog(log) !== undefined;
}

function checkedStore(path: string): RecordStore {
  // What SQLite knows of the log beyond the log itself, and makes anew. Where it can open that for reading only, as when no descriptor
  // is left for a moment, it may take the log for empty and delete it (seen with 3.53).
  rmSync(`${path}-shm`, { force: true });
  const database = openRecords(path);
  try {
    checkSchema(database, lstatSync(path).size);
    return new RecordStore(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function dataFile(directory: string, id: string, store: RecordStore, lock: FileLock): DataFile {
  const path = join(directory, `${id}.db`);
  return {
    id,
    store,
    close() {
      const isEmpty = isKnownEmpty(store);
      store.close();
      if (!isEmpty) return lock.release();
      removeFile(path);
      lock.remove();
    },
    damaged(trouble) {
      store.close();
      return damagedFile(path, trouble, lock);
    },
  };
}

function isKnownEmpty(store: RecordStore): boolean {
  try {
    return store.isEmpty;
  } catch {
    return false;
  }
}

function setAside(path: string, trouble: string): Adoption {
  return { outcome: "set_aside", trouble, path: movedAside(path) };
}

/** Moves a file and what SQLite keeps beside it out of the way. Links are moved, never followed. */
function movedAside(path: string): string {
  const directory = join(dirname(path), "aside");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const side of sidesOf(path)) renameSync(side, join(directory, basename(side)));
  return join(directory, basename(path));
}

function removeFile(path: string): void {
  for (const side of SIDES) rmSync(path + side, { force: true });
}

/** A data file and what SQLite keeps beside it, as far as they are there. */
function sidesOf(path: string): string[] {
  return SIDES.map((side) => path + side).filter(isThere);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
