import { createHash } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseBaseUrl } from "../client/base-url.ts";
import { ComplianceGuardError } from "../core/errors.ts";

/**
 * Where the events of one destination are kept: two recorders share them only where they go to the same platform under the
 * same outbox name.
 * @param directory The outbox's directory as the application names it.
 */
export function destinationDirectory(directory: string, baseUrl: string, name: string): string {
  const { origin } = parseBaseUrl(baseUrl);
  const destination = createHash("sha256").update(`${origin}\0${name}`).digest("hex");
  return join(resolve(directory), "outbox", destination);
}

/**
 * Makes the destination's directory and the one for locks, for their owner alone, and sees that nobody else can write there.
 * @throws {ComplianceGuardError} `outbox_unusable`, saying which directory and why.
 */
export function prepareDirectory(directory: string): void {
  try {
    // SQLite syncs the directory its files are in; the ones above it are ours to sync.
    for (const made of makeDirectory(join(directory, "locks"))) syncDirectory(dirname(made));
  } catch (cause) {
    throw unusable(directory, `it cannot be made (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  for (const each of [directory, join(directory, "locks"), dirname(directory)]) {
    const trouble = troubleOf(each, "directory");
    if (trouble) throw unusable(each, trouble);
  }
}

/**
 * Why a file or directory is not to be trusted, or undefined: it has to be what it seems, not a link, this user's own, and
 * open to nobody else. It is never opened here: closing it would drop the locks SQLite holds on it.
 */
export function troubleOf(path: string, kind: "file" | "directory"): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return "it is gone";
  if (kind === "file" ? !found.isFile() : !found.isDirectory()) return `it is no ${kind}`;
  if (process.getuid && found.uid !== process.getuid()) return "it belongs to another user";
  if (process.getuid && (found.mode & 0o077) !== 0) return "others than its owner may use it";
  if (kind === "file" && found.nlink !== 1) return "it has other names";
  return undefined;
}

/** Whether the directory exists or could be made, and could be written. Nothing is made. */
export function isWritable(directory: string): boolean {
  for (let path = resolve(directory); ; path = dirname(path)) {
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
      return statSync(path).isDirectory();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) return false;
    }
  }
}

/**
 * As mkdir's `recursive`, which never ends where the system says of a new directory that it is not there, as in /proc.
 * @returns What was made, from the top.
 */
function makeDirectory(directory: string): string[] {
  if (statSync(directory, { throwIfNoEntry: false })) return [];
  const above = makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process was faster; its entry is synced here all the same.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return [...above, directory];
}

function syncDirectory(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function unusable(path: string, trouble: string, cause?: unknown): ComplianceGuardError {
  return new ComplianceGuardError(
    "outbox_unusable",
    `The outbox cannot use ${path}: ${trouble}. Choose another directory, or outbox: false to send directly`,
    { cause },
  );
}
