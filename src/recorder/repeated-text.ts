import { quotedString } from "../core/json-string.ts";

/** Shorter texts are escaped in less time than it takes to find them here; longer ones would push out all others. */
const [SHORTEST, LONGEST] = [512, 2 ** 18];
/** UTF-16 units of all texts that are kept: both texts of a hundred calls at once, of 10,000 units each. */
const MOST_CHARACTERS = 2 ** 21;

/** By their fingerprints, the oldest first. */
const latest = new Map<number, { readonly text: string; readonly literal: string }>();
let characters = 0;

/**
 * What `quotedString` gives. The literals of the latest long texts are kept: a chain's input holds the prompt of its model, its
 * output the answer, and each call of an agent the conversation so far.
 */
export function quotedText(text: string): string | undefined {
  if (text.length < SHORTEST || text.length > LONGEST) return quotedString(text);
  const fingerprint = fingerprintOf(text);
  const known = latest.get(fingerprint);
  if (known?.text === text) return known.literal;
  const literal = quotedString(text);
  if (literal !== undefined) remember(fingerprint, text, literal);
  return literal;
}

function remember(fingerprint: number, text: string, literal: string): void {
  forget(fingerprint);
  latest.set(fingerprint, { text, literal });
  characters += text.length;
  for (const oldest of latest.keys()) {
    if (characters <= MOST_CHARACTERS) break;
    forget(oldest);
  }
}

function forget(fingerprint: number): void {
  characters -= latest.get(fingerprint)?.text.length ?? 0;
  latest.delete(fingerprint);
}

/** Characters looked at: at the start and at the end each, where texts of one kind differ most often. */
const SAMPLE = 24;

/** Differs for most texts that differ. Cheaper than the engine's own hash, which reads all of a text or nothing but its length. */
function fingerprintOf(text: string): number {
  let hash = text.length;
  for (let index = 0; index < SAMPLE; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ text.charCodeAt(text.length - 1 - index), 0x01000193);
  }
  return hash;
}
