import { quotedString } from "../core/json-string.ts";

/** Shorter texts are escaped in less time than it takes to find them here; longer ones would push out all others. */
const [SHORTEST, LONGEST] = [512, 2 ** 18];
/** What one call shows more than once it shows soon; in memory it stays at most twice as long. */
const KEPT_MS = 1_000;
/**
 * UTF-16 units that are kept at most twice over: both texts of four calls of 16,000 units each. What is kept for longer the engine
 * moves about when it collects garbage, and that costs more than to escape it again.
 */
const MOST_CHARACTERS = 2 ** 17;

type Literals = Map<number, { readonly text: string; readonly literal: string }>;

/** By their fingerprints. What has come since the last turn, and what came before it. */
let young: Literals = new Map();
let old: Literals = new Map();
let characters = 0;
let isTimed = false;

/**
 * What `quotedString` gives. The literals of the latest long texts are kept for a moment: a chain's input holds the prompt of its
 * model, its output the answer, and each call of an agent the conversation so far.
 */
export function quotedText(text: string): string | undefined {
  if (text.length < SHORTEST || text.length > LONGEST) return quotedString(text);
  const fingerprint = fingerprintOf(text);
  for (const known of [young.get(fingerprint), old.get(fingerprint)])
    if (known?.text === text) return known.literal;
  const literal = quotedString(text);
  if (literal !== undefined) keep(fingerprint, text, literal);
  return literal;
}

function keep(fingerprint: number, text: string, literal: string): void {
  if (characters + text.length > MOST_CHARACTERS) turn();
  young.set(fingerprint, { text, literal });
  characters += text.length;
  if (!isTimed) growLater();
}

/** The young become old, the old are forgotten. */
function turn(): void {
  old = young;
  young = new Map();
  characters = 0;
}

function growLater(): void {
  isTimed = true;
  setTimeout(() => {
    turn();
    isTimed = false;
    if (old.size > 0) growLater();
  }, KEPT_MS).unref();
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
