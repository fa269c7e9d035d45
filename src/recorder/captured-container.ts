import { memberLayout } from "../core/member-layout.ts";
import type { MessageTranslator } from "./translated.ts";

/** Containers nested deeper become text: every JSON reader an auditor may have must get through. */
export const MAX_DEPTH = 200;

/** An object or list in the middle of being captured. */
export interface CapturedContainer {
  readonly source: object;
  readonly parent: CapturedContainer | undefined;
  /** 1 for the outermost. */
  readonly depth: number;
  /** Finds the message objects among its members. */
  readonly translate: MessageTranslator | undefined;
  /** Its items go into the list around it, one by one. */
  readonly isSpread: boolean;
  /** The keys of its members in canonical order; undefined for a list. */
  readonly keys: readonly string[] | undefined;
  /** What stands before each member: comma or brace, and the key. */
  readonly starts: readonly (string | undefined)[] | undefined;
  /** How many items or keys it had when it was opened: reading them may change it. */
  readonly size: number;
  /** Whether the key could not be taken as it is. */
  isRepaired(index: number): boolean;
  /** The index of the next member. */
  next: number;
  /** Nothing is written of it yet. */
  isEmpty: boolean;
  /** What was written before it, where it becomes text of its own. */
  textAround: string;
}

type Place = Pick<CapturedContainer, "parent" | "depth" | "translate" | "isSpread">;

/** @throws RangeError where a proxy says something else than a length. */
export function capturedList(source: readonly unknown[], place: Place): CapturedContainer {
  const { length } = source;
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError("the length of a list is no length");
  return opened(source, place, undefined, undefined, length, noneRepaired);
}

/** A key with a lone surrogate is repaired, with a number appended that keeps it apart from every other key. */
export function capturedObject(source: object, place: Place): CapturedContainer {
  const { keys, starts } = memberLayout(source);
  if (!starts.includes(undefined)) return opened(source, place, keys, starts, keys.length, noneRepaired);
  const names = recordedNames(Object.keys(source));
  const layout = memberLayout(Object.fromEntries(names));
  const given = new Map(names.map(([name, key]) => [name, key]));
  const sources = layout.keys.map((name) => given.get(name) ?? name);
  return opened(source, place, sources, layout.starts, sources.length, (index) => {
    return sources[index] !== layout.keys[index];
  });
}

/** Whether a container becomes text: of those that are too deep only the outermost, or quotes would multiply at each level. */
export function isOutermostText({ depth, isSpread }: CapturedContainer): boolean {
  return depth === MAX_DEPTH + 1 && !isSpread;
}

/** Whether the container that is being written, or one around it, is made of `value`. */
export function isAround(value: object, innermost: CapturedContainer | undefined): boolean {
  for (let container = innermost; container; container = container.parent) {
    if (container.source === value) return true;
  }
  return false;
}

/** What the containers around one are made of. */
export function* sourcesAround(innermost: CapturedContainer): Generator<object> {
  for (let container = innermost.parent; container; container = container.parent) yield container.source;
}

function opened(
  source: object,
  { parent, depth, translate, isSpread }: Place,
  keys: CapturedContainer["keys"],
  starts: CapturedContainer["starts"],
  size: number,
  isRepaired: CapturedContainer["isRepaired"],
): CapturedContainer {
  return {
    source,
    parent,
    depth,
    translate,
    isSpread,
    keys,
    starts,
    size,
    isRepaired,
    next: 0,
    isEmpty: true,
    textAround: "",
  };
}

const noneRepaired = (): boolean => false;

/** The name under which each key is recorded: well-formed, and apart from every other key. */
export function recordedNames(keys: readonly string[]): (readonly [name: string, key: string])[] {
  const taken = new Set(keys);
  return keys.map((key) => {
    if (key.isWellFormed()) return [key, key];
    const wellFormed = key.toWellFormed();
    let name = wellFormed;
    for (let number = 2; taken.has(name); number += 1) name = `${wellFormed}${number}`;
    taken.add(name);
    return [name, key];
  });
}
