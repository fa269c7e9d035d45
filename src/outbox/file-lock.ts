import { closeSync, lstatSync, openSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { troubleOf } from "./directory.ts";
import { isBusy } from "./sqlite-errors.ts";

/**
 * Shows that the process that made a data file lives: a SQLite file held under an exclusive lock, which the system releases
 * when the process dies. No clocks, no leases.
 */
export class FileLock {
  readonly #database: DatabaseSync;
  readonly #path: string;

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
  }

  /** Why a file is no lock of ours, or undefined. Ours are empty: nothing is ever written. */
  static troubleOf(path: string): string | undefined {
    return troubleOf(path, "file") ?? (lstatSync(path).size > 0 ? "it is not empty" : undefined);
  }

  /** Makes the lock file and holds it; undefined where the name is taken. */
  static create(path: string): FileLock | undefined {
    try {
      closeSync(openSync(path, "wx", 0o600));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
      throw error;
    }
    return FileLock.take(path);
  }

  /** Takes over the lock of a process that is gone; undefined where it lives. */
  static take(path: string): FileLock | undefined {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      // Never committed: the transaction is the lock, and nothing is written.
      database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return new FileLock(path, database);
    } catch (error) {
      database?.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  /** Lets go; the file stays, for whoever adopts. */
  release(): void {
    this.#database.close();
  }

  /** Lets go and removes the file. Only once the data file is gone: names are never used twice. */
  remove(): void {
    rmSync(this.#path, { force: true });
    this.#database.close();
  }
}
