/** One member of a JSON object and where it stands: byte offsets into the text, ends exclusive. */
export interface JsonMember {
  /** The name, its escapes resolved. */
  readonly name: string;
  readonly nameStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * The members of the JSON object that `bytes` are, in order, repeated names included, so that a member's very bytes can be
 * hashed.
 * @param bytes UTF-8 of one valid JSON object: parse it first, anything else gives nonsense.
 */
export function jsonMembers(bytes: Buffer): JsonMember[] {
  const members: JsonMember[] = [];
  let at = skipSpace(bytes, skipSpace(bytes, 0) + 1);
  while (bytes[at] === QUOTE) {
    const nameEnd = stringEnd(bytes, at);
    const valueStart = skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
    const valueEnd = endOfValue(bytes, valueStart);
    const name: string = JSON.parse(bytes.toString("utf8", at, nameEnd));
    members.push({ name, nameStart: at, valueStart, valueEnd });
    at = skipSpace(bytes, skipSpace(bytes, valueEnd) + 1);
  }
  return members;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const CLOSING = new Set([0x5d, 0x7d]);
const OPENING = new Set([0x5b, 0x7b]);

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The offset after the string that starts at `start`. No byte of a longer UTF-8 sequence looks like a quote. */
function stringEnd(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1);
  while (isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote + 1;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (bytes[before] === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}

function endOfValue(bytes: Buffer, start: number): number {
  if (bytes[start] === QUOTE) return stringEnd(bytes, start);
  return OPENING.has(bytes[start] ?? 0) ? endOfNested(bytes, start) : endOfScalar(bytes, start);
}

/** Counts brackets instead of descending, so that no depth overflows the stack. */
function endOfNested(bytes: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const byte = bytes[at] ?? 0;
    if (OPENING.has(byte)) depth++;
    else if (CLOSING.has(byte)) depth--;
    at = byte === QUOTE ? stringEnd(bytes, at) : at + 1;
  } while (depth > 0);
  return at;
}

function endOfScalar(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] !== COMMA && !CLOSING.has(bytes[at] ?? 0) && !isSpace(bytes[at])) at++;
  return at;
}
