import { lstatSync, readFileSync } from "node:fs";

// SQLite's write-ahead log, https://www.sqlite.org/fileformat2.html#walformat: a header, then frames, each a header and a page.
// All numbers are big-endian.
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const SALTS_AT = { header: 16, frame: 8 } as const;
/** Checksums over words of the other byte order have the next number. */
const MAGIC = 0x377f0682;
const VERSION = 3_007_000;
/** The size of a page in every file that the outbox makes. */
export const PAGE_BYTES = 4_096;
const FRAME_BYTES: number = FRAME_HEADER_BYTES + PAGE_BYTES;
/** A log is cut at 16 MiB whenever it is written back; one beyond this is left as it is. */
const MAX_BYTES = 2 ** 28;

/** The log of a database nobody has open; undefined where there is none, or nothing that could be mended. */
export function readLog(path: string): Buffer | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || found.size < HEADER_BYTES + FRAME_BYTES || found.size > MAX_BYTES) return undefined;
  return readFileSync(path);
}

/**
 * Finds damage in the write-ahead log of a process that is gone, and makes a log of it in which SQLite reads on behind it. By itself
 * SQLite stops at the first frame whose checksum is wrong and takes the rest for what a crash left unfinished: one flipped bit
 * would silently take every later event with it. But a crash, even of the power, leaves at most the last transaction unfinished,
 * for each is on the disk before the next begins. Two or more behind the stop are damage: the checksums are then written anew,
 * and what the damage has hit is left to be found by the records' own digests.
 * @returns Undefined where there is no damage.
 */
export function mendedLog(log: Buffer): Buffer | undefined {
  const current = currentFrames(log);
  const read = framesRead(log);
  const missed = current.filter((frame, index) => index >= read && isCommit(frame));
  const last = missed.at(-1);
  if (missed.length < 2 || !last) return undefined;
  const mended = current
    .slice(0, current.indexOf(last) + 1)
    // SQLite stops at a page without a number, too.
    .filter((frame) => frame.readUInt32BE(0) > 0);
  return chained(log, saltsOf(log), mended);
}

/** The frames that belong together: behind them lie those of the time before the log was last begun anew. */
function currentFrames(log: Buffer): Buffer[] {
  const salts = saltsOf(log);
  const frames = allFrames(log);
  // A damaged frame in their midst has lost its salts.
  const end = frames.findLastIndex((frame) => saltsOfFrame(frame).equals(salts));
  return frames.slice(0, end + 1);
}

function allFrames(log: Buffer): Buffer[] {
  const count = Math.floor((log.length - HEADER_BYTES) / FRAME_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const start = HEADER_BYTES + index * FRAME_BYTES;
    return log.subarray(start, start + FRAME_BYTES);
  });
}

/** Two random numbers that change whenever the log is begun anew. */
function saltsOf(log: Buffer): Buffer {
  if (isHeaderWhole(log)) return log.subarray(SALTS_AT.header, SALTS_AT.header + 8);
  return saltsOfFrame(log.subarray(HEADER_BYTES));
}

function saltsOfFrame(frame: Buffer): Buffer {
  return frame.subarray(SALTS_AT.frame, SALTS_AT.frame + 8);
}

/** The last frame of a transaction states how many pages the database then has. */
function isCommit(frame: Buffer): boolean {
  return frame.readUInt32BE(4) > 0;
}

function isHeaderWhole(log: Buffer): boolean {
  const magic = log.readUInt32BE(0);
  return (
    (magic === MAGIC || magic === MAGIC + 1) &&
    log.readUInt32BE(8) === PAGE_BYTES &&
    isSum(log, 24, checksum([0, 0], log.subarray(0, 24), isBigEndian(log)))
  );
}

function isBigEndian(log: Buffer): boolean {
  return log.readUInt32BE(0) === MAGIC + 1;
}

/** How many frames SQLite reads: up to the last commit before the first wrong checksum. */
function framesRead(log: Buffer): number {
  if (!isHeaderWhole(log)) return 0;
  let sum: Sum = [log.readUInt32BE(24), log.readUInt32BE(28)];
  let read = 0;
  const salts = saltsOf(log);
  for (const [index, frame] of allFrames(log).entries()) {
    sum = frameSum(sum, frame, isBigEndian(log));
    if (!saltsOfFrame(frame).equals(salts) || !isSum(frame, 16, sum)) break;
    if (isCommit(frame)) read = index + 1;
  }
  return read;
}

/** The log again, with these frames and with checksums that hold. */
function chained(log: Buffer, salts: Buffer, frames: readonly Buffer[]): Buffer {
  const header = Buffer.from(log.subarray(0, HEADER_BYTES));
  header.writeUInt32BE(MAGIC, 0);
  header.writeUInt32BE(VERSION, 4);
  header.writeUInt32BE(PAGE_BYTES, 8);
  salts.copy(header, SALTS_AT.header);
  let sum = writeSum(header, 24, checksum([0, 0], header.subarray(0, 24), false));
  const copies = frames.map((frame) => {
    const copy = Buffer.from(frame);
    salts.copy(copy, SALTS_AT.frame);
    sum = writeSum(copy, 16, frameSum(sum, copy, false));
    return copy;
  });
  return Buffer.concat([header, ...copies]);
}

type Sum = readonly [number, number];

function frameSum(before: Sum, frame: Buffer, bigEndian: boolean): Sum {
  return checksum(
    checksum(before, frame.subarray(0, 8), bigEndian),
    frame.subarray(FRAME_HEADER_BYTES),
    bigEndian,
  );
}

function checksum(before: Sum, bytes: Buffer, bigEndian: boolean): Sum {
  let [first, second] = before;
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + second) >>> 0;
    second = (second + (bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + first) >>> 0;
  }
  return [first, second];
}

function isSum(bytes: Buffer, at: number, [first, second]: Sum): boolean {
  return bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second;
}

function writeSum(bytes: Buffer, at: number, sum: Sum): Sum {
  bytes.writeUInt32BE(sum[0], at);
  bytes.writeUInt32BE(sum[1], at + 4);
  return sum;
}
