// Result codes of SQLite, https://www.sqlite.org/rescode.html: the last byte of what node:sqlite gives as `errcode`.
const ERROR = 1;
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/** The disk, or the file's limit, leaves no room. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === FULL;
}

/** Another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === BUSY;
}

/**
 * Whether SQLite found fault with what stands in a file. Everything else is the system's: no descriptor or memory left, a full
 * disk, a read that failed. It says nothing of the file, and may be over a moment later.
 */
export function isOfContent(error: unknown): boolean {
  return [ERROR, CORRUPT, NOT_A_DATABASE].includes(codeOf(error) ?? -1);
}

/** What `read` gives, or `otherwise` where the content is damaged there. */
export function readOr<Value>(otherwise: Value, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (isOfContent(error)) return otherwise;
    throw error;
  }
}

/** SQLite's own error, or one that has it as its cause. */
function codeOf(error: unknown): number | undefined {
  const { errcode, cause } = error as { errcode?: unknown; cause?: { errcode?: unknown } | undefined };
  const code = errcode ?? cause?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}
