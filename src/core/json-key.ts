import { quotedString } from "./json-string.ts";

/**
 * How a member with this key starts, `"key":`, if the key is plain: of code units below 0xD800 only, which the orders by
 * code unit and by code point treat alike. Undefined for any other key.
 */
export function plainMemberStart(key: string): string | undefined {
  // The same few keys come again and again. Each slot remembers the last one that fell into it, so that memory stays bounded.
  const length = key.length;
  const slot = (length + 7 * key.charCodeAt(0) + 31 * key.charCodeAt(length - 1)) & (SLOTS - 1);
  if (knownKeys[slot] === key) return knownStarts[slot];
  const start = BEYOND_PLAIN.test(key) ? undefined : memberStart(key);
  if (start !== undefined && length <= LONGEST_KNOWN) {
    knownKeys[slot] = key;
    knownStarts[slot] = start;
  }
  return start;
}

/** How a member with this key starts; undefined for a key with a lone surrogate. */
export function memberStart(key: string): string | undefined {
  const quoted = quotedString(key);
  return quoted === undefined ? undefined : `${quoted}:`;
}

/** The keys of an object, sorted by code unit. */
export function sortedKeys(object: object): string[] {
  const keys = Object.keys(object);
  if (isSorted(keys)) return keys;
  return keys.length < 16 ? insertionSorted(keys) : keys.sort();
}

/** Compares keys by code point, as Python does: by code unit an emoji would come before U+FFFD and change the hash. */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = codePointRank(left.charCodeAt(index)) - codePointRank(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const BEYOND_PLAIN = /[\ud800-\uffff]/;
/** A power of two. */
const SLOTS = 512;
const LONGEST_KNOWN = 64;
const knownKeys = new Array<string>(SLOTS).fill("");
const knownStarts = new Array<string>(SLOTS).fill('"":');

function isSorted(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as string) > (keys[index] as string)) return false;
  }
  return true;
}

/** Sorts a few keys in place, in half the time Array.prototype.sort takes. */
function insertionSorted(keys: string[]): string[] {
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] as string;
    let place = index;
    for (; place > 0 && (keys[place - 1] as string) > key; place--) keys[place] = keys[place - 1] as string;
    keys[place] = key;
  }
  return keys;
}

/** Surrogates stand for code points above U+FFFF, so they rank above every other code unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
