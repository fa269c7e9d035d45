import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { isComplianceGuardError } from "../core/errors.ts";
import { troubleOf } from "./directory.ts";
import { FileLock } from "./file-lock.ts";
import { checkSchema, createSchema, openRecords } from "./record-schema.ts";
import { RecordStore } from "./record-store.ts";
import { mendLog, PAGE_BYTES } from "./write-ahead-log.ts";

/** A data file this process holds: its own, or one it adopted. */
export interface DataFile {
  readonly id: string;
  readonly store: RecordStore;
  /** Closes it; removes it where nothing is left in it. */
  close(): void;
}

/** What became of a data file that another process left. */
export type Adoption =
  /** Its process lives, or somebody else was faster. */
  | { readonly outcome: "in_use" }
  | { readonly outcome: "adopted"; readonly file: DataFile }
  /** Not to be trusted, or damaged: moved away. `damaged` can be read in parts. */
  | {
      readonly outcome: "set_aside";
      readonly id: string;
      readonly trouble: string;
      readonly path: string;
      readonly isDamaged: boolean;
    };

const SIDES = ["", "-wal", "-shm", "-journal"];

/** Makes this process's own data file: first the lock, then the file. */
export function createDataFile(directory: string): DataFile {
  for (;;) {
    const id = randomBytes(16).toString("hex");
    const lock = FileLock.create(join(directory, "locks", id));
    if (!lock) continue;
    const path = join(directory, `${id}.db`);
    // With its mode before SQLite opens it, so that it is never open to others.
    closeSync(openSync(path, "wx", 0o600));
    const database = openRecords(path);
    createSchema(database);
    return dataFile(directory, id, new RecordStore(database), lock);
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
 */
export function adoptDataFile(directory: string, id: string): Adoption {
  const path = join(directory, `${id}.db`);
  const lockPath = join(directory, "locks", id);
  const named = /^[0-9a-f]{32}$/.test(id) ? undefined : "its name is none of ours";
  if (named) return setAside(directory, id, named, false);
  if (existsSync(lockPath)) {
    const lockTrouble = troubleOf(lockPath, "file");
    if (lockTrouble) return setAside(directory, id, `its lock: ${lockTrouble}`, false);
  }
  let lock: FileLock | undefined;
  try {
    lock = FileLock.create(lockPath) ?? FileLock.take(lockPath);
  } catch {
    return setAside(directory, id, "its lock is no lock of ours", false);
  }
  if (!lock) return { outcome: "in_use" };
  // Whoever held the lock before may have emptied and removed the file.
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    lock.remove();
    return { outcome: "in_use" };
  }
  const trouble = SIDES.filter((side) => side === "" || lstatSync(path + side, { throwIfNoEntry: false }))
    .map((side) => troubleOf(path + side, "file"))
    .find((each) => each !== undefined);
  if (trouble) {
    lock.release();
    return setAside(directory, id, trouble, false);
  }
  if (isCut(path)) {
    const aside = setAside(directory, id, "it ends in the midst of a page", true);
    lock.remove();
    return aside;
  }
  if (mendLog(`${path}-wal`)) {
    const aside = setAside(directory, id, "its write-ahead log is damaged", true);
    lock.remove();
    return aside;
  }
  try {
    return { outcome: "adopted", file: dataFile(directory, id, checkedStore(path), lock) };
  } catch (error) {
    const isForeign = isComplianceGuardError(error) && error.code === "outbox_unusable";
    const aside = setAside(directory, id, (error as Error).message, !isForeign);
    lock.remove();
    return aside;
  }
}

/** SQLite would take what is missing of the last page for zeros, and a file of a few bytes for a new one. */
function isCut(path: string): boolean {
  // Where a crash has cut the file while it grew, the log has the page.
  const logBytes = lstatSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return logBytes === 0 && lstatSync(path).size % PAGE_BYTES !== 0;
}

function checkedStore(path: string): RecordStore {
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
      const { open, waiting, deadLetters } = store.counts;
      store.close();
      if (open + waiting + deadLetters > 0) return lock.release();
      for (const side of SIDES) rmSync(path + side, { force: true });
      lock.remove();
    },
  };
}

/** Moves a file and what SQLite keeps beside it out of the way. Links are moved, never followed. */
function setAside(directory: string, id: string, trouble: string, isDamaged: boolean): Adoption {
  const aside = join(directory, "aside");
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  const path = join(aside, `${id}.db`);
  for (const side of SIDES) {
    if (lstatSync(join(directory, `${id}.db${side}`), { throwIfNoEntry: false })) {
      renameSync(join(directory, `${id}.db${side}`), path + side);
    }
  }
  return { outcome: "set_aside", id, trouble, path, isDamaged };
}
