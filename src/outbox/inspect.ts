import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { troubleOf } from "./directory.ts";
import { FileLock } from "./file-lock.ts";
import type { DeadLetter } from "./messages.ts";
import { openRecords } from "./record-schema.ts";
import { type RecordCounts, RecordStore } from "./record-store.ts";

/** One data file as it is seen from outside. */
export interface InspectedFile extends RecordCounts {
  readonly path: string;
  /** Whether a process that lives has it. */
  readonly isInUse: boolean;
  readonly deadLetterList: readonly DeadLetter[];
}

/** A data file nobody could look into, and why. */
export interface UnreadableFile {
  readonly path: string;
  readonly trouble: string;
}

/**
 * Looks into every data file of a destination, also those of running processes, and changes nothing.
 * @param directory The destination's own.
 */
export function inspectOutbox(directory: string): readonly (InspectedFile | UnreadableFile)[] {
  if (!lstatSync(directory, { throwIfNoEntry: false })) return [];
  return (
    readdirSync(directory)
      .filter((name) => name.endsWith(".db"))
      // Its process may have emptied and removed it a moment ago.
      .filter((name) => lstatSync(join(directory, name), { throwIfNoEntry: false }) !== undefined)
      .map((name) => inspectFile(directory, name.slice(0, -3)))
  );
}

/**
 * The files of a destination that were set aside because they were planted or damaged, and where they lie.
 * @param directory The destination's own.
 */
export function setAsideFiles(directory: string): { readonly directory: string; readonly count: number } {
  const aside = join(directory, "aside");
  if (!lstatSync(aside, { throwIfNoEntry: false })) return { directory: aside, count: 0 };
  return { directory: aside, count: readdirSync(aside).filter((name) => name.endsWith(".db")).length };
}

function inspectFile(directory: string, id: string): InspectedFile | UnreadableFile {
  const path = join(directory, `${id}.db`);
  const trouble = troubleOf(path, "file");
  if (trouble) return { path, trouble };
  try {
    const store = new RecordStore(openRecords(path, { readOnly: true }));
    try {
      return {
        path,
        isInUse: isInUse(join(directory, "locks", id)),
        ...store.counts,
        deadLetterList: store.deadLetters(),
      };
    } finally {
      store.close();
    }
  } catch (error) {
    return { path, trouble: (error as Error).message };
  }
}

/** Tries the lock and lets go of it at once: a process that adopts at that moment looks again later. */
function isInUse(lockPath: string): boolean {
  if (!lstatSync(lockPath, { throwIfNoEntry: false })) return false;
  const lock = FileLock.take(lockPath);
  lock?.release();
  return lock === undefined;
}
