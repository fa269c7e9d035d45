import { quotedString } from "./json-string.ts";

/** How objects with one list of keys are written. */
export interface MemberLayout {
  /** In canonical order. */
  readonly keys: readonly string[];
  /** What stands before the value of each key: `{"key":` for the first, `,"key":` for any other. Undefined for a key with
   * a lone surrogate. */
  readonly starts: readonly (string | undefined)[];
}

/** The layout of an object's members. Objects mostly come with the same few lists of keys, whose layouts are remembered. */
export function memberLayout(object: object): MemberLayout {
  return layoutOfKeys(Object.keys(object));
}

/** The same of members whose keys are at hand: no two of them equal. */
export function layoutOfKeys(keys: readonly string[]): MemberLayout {
  const slot = slotOf(keys);
  const known = knownLayout(slot, keys) ?? knownLayout(slot ^ 1, keys);
  if (known) return known;
  const layout = makeLayout(keys);
  if (isWorthKnowing(keys)) {
    knownLayouts[slot ^ 1] = knownLayouts[slot];
    knownLayouts[slot] = { given: keys, layout };
  }
  return layout;
}

/** A power of two. Each pair of slots keeps the latest two layouts that fell into it, so that memory stays bounded. */
const SLOTS = 1024;
const knownLayouts = new Array<{ given: readonly string[]; layout: MemberLayout } | undefined>(SLOTS).fill(
  undefined,
);

function knownLayout(slot: number, keys: readonly string[]): MemberLayout | undefined {
  const known = knownLayouts[slot];
  return known !== undefined && areEqual(known.given, keys) ? known.layout : undefined;
}

function slotOf(keys: readonly string[]): number {
  const first = keys[0] ?? "";
  const last = keys[keys.length - 1] ?? "";
  const mixture =
    keys.length + 5 * first.length + 11 * last.length + 17 * first.charCodeAt(0) + 31 * last.charCodeAt(0);
  // Knuth's multiplicative hash: sums of a few small numbers lie close together.
  return (Math.imul(mixture, 0x9e3779b1) >>> 16) & (SLOTS - 1);
}

function areEqual(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

function isWorthKnowing(keys: readonly string[]): boolean {
  return keys.length <= 32 && keys.every(({ length }) => length <= 64);
}

function makeLayout(given: readonly string[]): MemberLayout {
  const keys = sortedByCodePoint(given);
  const starts = new Array<string | undefined>(keys.length);
  for (let index = 0; index < keys.length; index++) {
    const quoted = quotedString(keys[index] as string);
    starts[index] = quoted && `${index === 0 ? "{" : ","}${quoted}:`;
  }
  return { keys, starts };
}

function sortedByCodePoint(given: readonly string[]): string[] {
  const keys = given.slice();
  if (keys.some((key) => SURROGATE.test(key))) return keys.sort(compareCodePoints);
  // Without surrogates JavaScript's own order, by code unit, is the same.
  return keys.length < 16 ? insertionSorted(keys) : keys.sort();
}

const SURROGATE = /[\ud800-\udfff]/;

/** By code point, as Python sorts: by code unit an emoji would come before U+FFFD and change the hash. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = rank(left.charCodeAt(index)) - rank(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above U+FFFF, so they rank above every other code unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
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
