import { quotedString } from "../core/json-string.ts";

/** Shorter texts are quoted faster than they are looked up. */
const LONG = 512;
/** Bounds of what is remembered: texts, and UTF-16 units of all of them. */
const MAX_TEXTS = 256;
const MAX_UNITS = 2 ** 20;
/** A longer text would push out all others. */
const MAX_LENGTH = 2 ** 18;
/** How long after the last long text everything is forgotten: content stays in memory no longer than it is of use. */
const FORGET_AFTER_MS = 60_000;

/** The latest long texts as JSON, the least recently used first. */
const known = new Map<string, string>();
let knownUnits = 0;
let timer: NodeJS.Timeout | undefined;

/**
 * As `quotedString`, but remembers the latest long texts for a while: a conversation sends its whole history with every
 * call, and a chain hands the same text from run to run.
 */
export function quotedLongText(text: string): string | undefined {
  if (text.length < LONG || text.length > MAX_LENGTH) return quotedString(text);
  const remembered = known.get(text);
  const quoted = remembered ?? quotedString(text);
  if (quoted === undefined) return undefined;
  if (remembered === undefined) knownUnits += text.length;
  else known.delete(text);
  known.set(text, quoted);
  forgetOldest();
  timer ??= setTimeout(forgetAll, FORGET_AFTER_MS).unref();
  timer.refresh();
  return quoted;
}

function forgetOldest(): void {
  for (const text of known.keys()) {
    if (known.size <= MAX_TEXTS && knownUnits <= MAX_UNITS) return;
    known.delete(text);
    knownUnits -= text.length;
  }
}

function forgetAll(): void {
  known.clear();
  knownUnits = 0;
  timer = undefined;
}
