import { compareCodePoints, type MemberStart, memberStart, plainMemberStart } from "./json-key.ts";
import { quotedString } from "./json-string.ts";
import { isPlain, jsonValue, refusedKind } from "./json-value.ts";
import { endOfFirstRound, isCycle, type OpenContainer, openContainer, pathTo } from "./open-container.ts";
import { pythonFloatToken, pythonNumber } from "./python-number.ts";
import { rawJsonText } from "./raw-json.ts";
import { refusal } from "./refusal.ts";

/** Bounds for the sake of readers that cannot take everything JSON allows. */
export interface CanonicalLimits {
  /** Lists and objects nested in one another: `[[]]` has 2. */
  readonly maxDepth: number;
  /** Digits of a BigInt. */
  readonly maxIntegerDigits: number;
}

/**
 * Writes the canonical JSON of one value. Goes down along linked containers instead of recursion, so that no depth
 * overflows the stack.
 */
export class CanonicalWriter {
  readonly #limits: CanonicalLimits;
  #text = "";

  constructor(limits: CanonicalLimits) {
    this.#limits = limits;
  }

  write(value: unknown): string {
    const root = jsonValue(value, "");
    const leaf = leafText(root) ?? this.#rareLeafText(root);
    if (leaf !== undefined) return leaf;
    let container: OpenContainer | undefined = this.#open(root, undefined);
    while (container) {
      const keys: string[] | undefined = container.keys;
      container = keys ? this.#writeMembers(container, keys) : this.#writeItems(container);
    }
    return this.#text;
  }

  /** Writes a list on to its end or to the next container in it, and gives the container to go on with. */
  #writeItems(list: OpenContainer): OpenContainer | undefined {
    const items = list.source as readonly unknown[];
    let text = this.#text;
    while (list.next < items.length) {
      const index = list.next++;
      const separator = index === 0 ? "[" : ",";
      let item = items[index];
      let leaf = leafText(item);
      if (leaf === undefined) {
        item = jsonValue(item, index) ?? null;
        leaf = this.#rareLeafText(item);
        if (leaf === undefined) {
          this.#text = text + separator;
          return this.#open(item, list);
        }
      }
      text += separator + leaf;
    }
    this.#text = text + (items.length === 0 ? "[]" : "]");
    return list.parent;
  }

  /** Writes an object on to its end or to the next container in it, and gives the container to go on with. */
  #writeMembers(object: OpenContainer, keys: string[]): OpenContainer | undefined {
    const members = object.source as Readonly<Record<string, unknown>>;
    let text = this.#text;
    while (object.next < keys.length) {
      const index = object.next++;
      const start = plainMemberStart(keys[index] as string) ?? otherMemberStart(object, keys, index);
      const key = keys[index] as string;
      let member = members[key];
      let leaf = leafText(member);
      if (leaf === undefined) {
        member = jsonValue(member, key);
        if (member === undefined) continue;
        leaf = this.#rareLeafText(member);
      }
      if (start === undefined) throw refusal("lone_surrogate", pathTo(object));
      text += object.isEmpty ? start.first : start.later;
      object.isEmpty = false;
      if (leaf === undefined) {
        this.#text = text;
        return this.#open(member, object);
      }
      text += leaf;
    }
    this.#text = text + (object.isEmpty ? "{}" : "}");
    return object.parent;
  }

  /** A leaf that only `jsonValue` brought to light or that JavaScript's own JSON does not know. */
  #rareLeafText(value: unknown): string | undefined {
    if (isPlain(value)) return undefined;
    if (typeof value === "bigint") return this.#integerText(value);
    const raw = rawJsonText(value);
    return raw === undefined ? leafText(value) : pythonFloatToken(raw);
  }

  #integerText(integer: bigint): string | undefined {
    const text = String(integer);
    const digits = integer < 0n ? text.length - 1 : text.length;
    return digits > this.#limits.maxIntegerDigits ? undefined : text;
  }

  #open(value: unknown, parent: OpenContainer | undefined): OpenContainer {
    const kind = isPlain(value) ? undefined : refusedKind(value);
    if (kind !== undefined) throw refusal(kind, pathTo(parent));
    const container = openContainer(value as object, parent);
    if (isCycle(container)) throw refusal("cycle", pathTo(endOfFirstRound(parent)));
    if (container.depth > this.#limits.maxDepth) throw refusal("too_deep", pathTo(parent));
    return container;
  }
}

/** The text of a value that has no members, as far as JavaScript's own JSON knows it. */
function leafText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return quotedString(value);
    case "number":
      return pythonNumber(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : undefined;
    default:
      return undefined;
  }
}

/**
 * How a member starts whose key is not plain. From the first of them on the keys must be in the order by code point; those
 * written before come first in either order.
 */
function otherMemberStart(object: OpenContainer, keys: string[], index: number): MemberStart | undefined {
  if (!object.isByCodePoint) keys.sort(compareCodePoints);
  object.isByCodePoint = true;
  return memberStart(keys[index] as string);
}
