import { quotedString } from "./json-string.ts";
import { afterToJson, isPlain, refusedKind, unboxed } from "./json-value.ts";
import type { MemberLayout } from "./member-layout.ts";
import { endOfFirstRound, isCycle, type OpenContainer, openContainer, pathTo } from "./open-container.ts";
import { isFloatToken, pythonFloatToken, pythonNumber } from "./python-number.ts";
import { rawJsonText } from "./raw-json.ts";
import { refusal } from "./refusal.ts";

/** Bounds for the sake of readers that cannot take everything JSON allows. */
export interface CanonicalLimits {
  /** Lists and objects nested in one another: `[[]]` has 2. */
  readonly maxDepth: number;
  /** Digits of a BigInt or of an integer in `JSON.rawJSON`. */
  readonly maxIntegerDigits: number;
}

/** Items after which the text of a list is put aside. */
const LONG_LIST = 2 ** 16;

/**
 * Writes the canonical JSON of one value. Goes down along linked containers instead of recursion, so that no depth
 * overflows the stack.
 */
export class CanonicalWriter {
  readonly #limits: CanonicalLimits;
  #flatText = "";
  #text = "";

  constructor(limits: CanonicalLimits) {
    this.#limits = limits;
  }

  write(value: unknown): string {
    const root = leafText(value) ?? this.#textOrContainer(value, "", undefined);
    if (root === undefined) throw refusal("undefined", []);
    if (typeof root === "string") return root;
    let container: OpenContainer | undefined = this.#open(root, undefined);
    while (container) {
      const layout: MemberLayout | undefined = container.layout;
      container = layout ? this.#writeMembers(container, layout) : this.#writeItems(container);
    }
    return this.#flatText + this.#text;
  }

  /** Writes a list on to its end or to the next container in it, and gives the container to go on with. */
  #writeItems(list: OpenContainer): OpenContainer | undefined {
    const items = list.source as readonly unknown[];
    let text = this.#text;
    while (list.next < list.size) {
      const index = list.next++;
      if (list.next % LONG_LIST === 0) text = this.#putAside(text);
      const value = items[index];
      const item = leafText(value) ?? this.#textOrContainer(value, index, list) ?? "null";
      text += list.isEmpty ? "[" : ",";
      list.isEmpty = false;
      if (typeof item !== "string") {
        this.#text = text;
        return this.#open(item, list);
      }
      text += item;
    }
    this.#text = text + (list.isEmpty ? "[]" : "]");
    return list.parent;
  }

  /** Writes an object on to its end or to the next container in it, and gives the container to go on with. */
  #writeMembers(object: OpenContainer, { keys, starts }: MemberLayout): OpenContainer | undefined {
    const members = object.source as Readonly<Record<string, unknown>>;
    let text = this.#text;
    while (object.next < object.size) {
      const index = object.next++;
      const key = keys[index] as string;
      const value = members[key];
      const member = leafText(value) ?? this.#textOrContainer(value, key, object);
      if (member === undefined) continue;
      const start = starts[index];
      if (start === undefined) throw refusal("lone_surrogate", pathTo(object));
      // The members before it may all have vanished.
      text += object.isEmpty && index > 0 ? `{${start.slice(1)}` : start;
      object.isEmpty = false;
      if (typeof member !== "string") {
        this.#text = text;
        return this.#open(member, object);
      }
      text += member;
    }
    this.#text = text + (object.isEmpty ? "{}" : "}");
    return object.parent;
  }

  /** Keeps a part of the text as flat characters: as the chain of its pieces it takes many times the memory. */
  #putAside(text: string): string {
    text.charCodeAt(0);
    this.#flatText += text;
    return "";
  }

  /** What JSON sees in a value: the text of a leaf, or a list or object to open; undefined where it sees nothing. */
  #textOrContainer(
    value: unknown,
    key: string | number,
    parent: OpenContainer | undefined,
  ): string | object | undefined {
    const shown = afterToJson(value, key);
    if (isPlain(shown) || shown === undefined) return shown;
    const unusual = unboxed(shown);
    const text = leafText(unusual) ?? this.#rareLeafText(unusual);
    if (text !== undefined) return text;
    const kind = refusedKind(unusual);
    if (kind !== undefined) throw refusal(kind, pathTo(parent));
    return unusual as object;
  }

  /** The text of the leaves that JavaScript's own JSON has only lately, or not at all. */
  #rareLeafText(value: unknown): string | undefined {
    const token = typeof value === "bigint" ? String(value) : rawJsonText(value);
    if (token === undefined) return undefined;
    return isFloatToken(token) ? pythonFloatToken(token) : this.#integerText(token);
  }

  #integerText(token: string): string | undefined {
    const digits = token.startsWith("-") ? token.length - 1 : token.length;
    if (digits > this.#limits.maxIntegerDigits) return undefined;
    return token === "-0" ? "0" : token;
  }

  #open(source: object, parent: OpenContainer | undefined): OpenContainer {
    const container = openContainer(source, parent);
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
