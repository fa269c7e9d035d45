import { quotedString } from "./json-string.ts";

/** How a member of an object starts. */
export interface MemberStart {
  /** For the first member: `{"key":`. */
  readonly first: string;
  /** For any later member: `,"key":`. */
  readonly later: string;
}

/**
 * How the member with this key starts, for a plain key: one of code units below 0xD800 only, which the orders by code unit
 * and by code point treat alike. Undefined for any other key.
 */
export function plainMemberStart(key: string): MemberStart | undefined {
  const known = knownStarts.get(key);
  if (known !== undefined) return known;
  if (BEYOND_PLAIN.test(key)) return undefined;
  const start = memberStart(key);
  if (start !== undefined && key.length <= LONGEST_KNOWN && knownStarts.size < MOST_KNOWN) {
    knownStarts.set(key, start);
  }
  return start;
}

/** How the member with this key starts; undefined for a key with a lone surrogate. */
export function memberStart(key: string): MemberStart | undefined {
  const quoted = quotedString(key);
  return quoted === undefined ? undefined : { first: `{${quoted}:`, later: `,${quoted}:` };
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

// The same few keys come again and again; with ids as keys there is no end of them, so only so many are remembered.
const knownStarts = new Map<string, MemberStart>();
const MOST_KNOWN = 1000;
const LONGEST_KNOWN = 64;
const BEYOND_PLAIN = /[\ud800-\uffff]/;

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
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit;
}
