import { sha256Hex } from "../core/digest.ts";
import { quotedString } from "../core/json-string.ts";
import { afterToJson, isPlain, refusedKind, unboxed } from "../core/json-value.ts";
import { isFloatToken, pythonFloatToken, pythonNumber } from "../core/python-number.ts";
import { rawJsonText } from "../core/raw-json.ts";
import {
  type CapturedContainer,
  capturedList,
  capturedObject,
  isAround,
  isOutermostText,
  MAX_DEPTH,
  sourcesAround,
} from "./captured-container.ts";
import { quotedText } from "./repeated-text.ts";
import { type MessageTranslator, Translated } from "./translated.ts";
import type { UnrepresentableKind } from "./unrepresentable.ts";

/** Integers of more digits become text. */
const MAX_DIGITS = 400;
/** Integers beyond this are not even printed: that takes time which grows faster than their length. */
const MAX_PRINTED_INTEGER = 10n ** 100_000n;
/** Containers nested deeper remember what stands around them in a set. */
const MANY_ANCESTORS = 32;
/** Items after which the text of a list is put aside. */
const LONG_LIST = 2 ** 16;

/** How much of what is captured is written; what is beyond is `too_large`. */
export interface CaptureBounds {
  /** Members in all, so that a value which unfolds without end is captured in bounded time. */
  readonly maxMembers: number;
  /** UTF-16 units of text and keys in all: a string cannot hold much more. */
  readonly maxCharacters: number;
}

/**
 * Writes the canonical JSON of any value, as `JSON.stringify` would see it, and replaces what JSON cannot hold. Reads each
 * member once, so that getters and proxies cannot show one thing to a check and another to the hash. Nothing is recursive: a
 * value may be nested as deep as it likes. The bounds are those of all that one instance writes.
 */
export class CaptureWriter {
  /** What stands around the container that is being written, once it is too deep to look through one by one. */
  #ancestors: Set<object> | undefined;
  #membersLeft: number;
  #charactersLeft: number;
  #repairs = 0;
  #flatText = "";
  #text = "";

  constructor(bounds: CaptureBounds) {
    this.#membersLeft = bounds.maxMembers;
    this.#charactersLeft = bounds.maxCharacters;
  }

  /** How many places could not be taken as they are. */
  get repairs(): number {
    return this.#repairs;
  }

  /** The text of a value; undefined where JSON sees nothing in it. */
  write(value: unknown): string | undefined {
    return this.writeMember({ "": value }, "");
  }

  /**
   * The text of one member of an object, read here.
   * @param depth How many containers it stands in.
   */
  writeMember(object: object, key: string, depth: number = 0): string | undefined {
    const root = this.#member(object, key, undefined, depth + 1);
    if (root === undefined || typeof root === "string") return root;
    let container: CapturedContainer | undefined = this.#opened(root);
    while (container)
      container = container.keys ? this.#writeMembers(container) : this.#writeItems(container);
    return this.#takeText();
  }

  /** A key of an object as it is recorded, apart from all others of the object. */
  #repairedKey(container: CapturedContainer, index: number): string | undefined {
    this.#charactersLeft -= container.keys?.[index]?.length ?? 0;
    if (container.isRepaired(index)) this.#repairs += 1;
    return container.starts?.[index];
  }

  /** Writes an object on to its end or to the next container in it, and gives the container to go on with. */
  #writeMembers(object: CapturedContainer): CapturedContainer | undefined {
    const keys = object.keys as readonly string[];
    while (object.next < object.size) {
      const index = object.next++;
      const member = this.#member(object.source, keys[index] as string, object, object.depth + 1);
      if (member === undefined) continue;
      const start = this.#repairedKey(object, index) as string;
      // The members before it may all have vanished.
      this.#text += object.isEmpty && index > 0 ? `{${start.slice(1)}` : start;
      object.isEmpty = false;
      if (typeof member !== "string") return this.#opened(member);
      this.#text += member;
    }
    this.#text += object.isEmpty ? "{}" : "}";
    return this.#closed(object);
  }

  /** Writes a list on to its end or to the next container in it, and gives the container to go on with. */
  #writeItems(list: CapturedContainer): CapturedContainer | undefined {
    const target = list.isSpread ? (list.parent as CapturedContainer) : list;
    while (list.next < list.size) {
      const index = list.next++;
      if (list.next % LONG_LIST === 0) this.#putAside();
      const item = this.#member(list.source, index, list, list.depth + 1) ?? "null";
      if (typeof item !== "string" && item.isSpread) return this.#opened(item);
      this.#text += target.isEmpty ? "[" : ",";
      target.isEmpty = false;
      if (typeof item !== "string") return this.#opened(item);
      this.#text += item;
    }
    if (!list.isSpread) this.#text += list.isEmpty ? "[]" : "]";
    return this.#closed(list);
  }

  #opened(container: CapturedContainer): CapturedContainer {
    if (container.depth === MANY_ANCESTORS) this.#ancestors = new Set(sourcesAround(container));
    this.#ancestors?.add(container.source);
    if (isOutermostText(container)) {
      container.textAround = this.#takeText();
    }
    return container;
  }

  #closed(container: CapturedContainer): CapturedContainer | undefined {
    this.#ancestors?.delete(container.source);
    if (container.depth === MANY_ANCESTORS) this.#ancestors = undefined;
    if (isOutermostText(container)) {
      const text = quotedString(this.#repaired(this.#takeText()));
      this.#text = container.textAround + text;
    }
    return container.parent;
  }

  /** Keeps a part of the text as flat characters: as the chain of its pieces it takes many times the memory. */
  #putAside(): void {
    this.#text.charCodeAt(0);
    this.#flatText += this.#text;
    this.#text = "";
  }

  #takeText(): string {
    const text = this.#flatText + this.#text;
    this.#flatText = "";
    this.#text = "";
    return text;
  }

  /** Reads a member: its text, the container to write, or undefined where JSON sees nothing. */
  #member(
    source: object,
    key: string | number,
    parent: CapturedContainer | undefined,
    depth: number,
  ): string | CapturedContainer | undefined {
    try {
      const value = (source as Readonly<Record<string | number, unknown>>)[key];
      if (typeof value === "string") return this.#string(value, depth);
      if (typeof value === "number") return this.#number(value);
      if (value === undefined) return undefined;
      return this.#translated(value, { key, parent, depth, translate: parent?.translate, isSpread: false });
    } catch {
      // What a getter, a proxy, `toJSON` or `valueOf` of a boxed number throws is the value's own trouble.
      return this.#unrepresentable("unreadable", depth);
    }
  }

  /** Messages first: their own `toJSON` would show a framework's envelope. */
  #translated(value: unknown, place: Place): string | CapturedContainer | undefined {
    if (typeof value !== "object" || value === null) return this.#plain(value, place);
    if (value instanceof Translated) {
      return this.#translated(value.value, { ...place, translate: value.translate });
    }
    const messages = place.translate && this.#messagesOf(value, place.translate);
    return messages ? this.#messages(messages, place) : this.#plain(value, place);
  }

  #messagesOf(value: object, translate: MessageTranslator): readonly object[] | undefined {
    try {
      return translate(value);
    } catch {
      // A message that cannot be read as one is still recorded, member by member.
      return this.#repaired(undefined);
    }
  }

  #messages(messages: readonly object[], place: Place): string | CapturedContainer | undefined {
    const plainPlace = { ...place, translate: undefined };
    if (messages.length === 1) return this.#plain(messages[0], plainPlace);
    const isSpread = place.parent !== undefined && place.parent.keys === undefined;
    return this.#plain(messages, isSpread ? { ...plainPlace, depth: place.depth - 1, isSpread } : plainPlace);
  }

  #plain(value: unknown, place: Place): string | CapturedContainer | undefined {
    const given = afterToJson(value, place.key);
    const shown = typeof given !== "object" || isPlain(given) ? given : unboxed(given);
    switch (typeof shown) {
      case "string":
        return this.#string(shown, place.depth);
      case "number":
        return this.#number(shown);
      case "boolean":
        return shown ? "true" : "false";
      case "bigint":
        return this.#bigint(shown, place.depth);
      case "function":
      case "symbol":
        return this.#unrepresentable(typeof shown as "function" | "symbol", place.depth);
      case "object":
        return shown === null ? "null" : this.#object(shown, place);
      default:
        return undefined;
    }
  }

  #string(text: string, depth: number): string {
    if (text.length > this.#charactersLeft) return this.#unrepresentable("too_large", depth);
    this.#charactersLeft -= text.length;
    try {
      return quotedText(text) ?? (quotedText(this.#repaired(text.toWellFormed())) as string);
    } catch {
      // With its escapes it is longer than a string can be.
      return this.#unrepresentable("too_large", depth);
    }
  }

  #number(number: number): string {
    return pythonNumber(number) ?? `"${this.#repaired(number)}"`;
  }

  #bigint(integer: bigint, depth: number): string {
    const size = integer < 0n ? -integer : integer;
    if (size > MAX_PRINTED_INTEGER) return this.#unrepresentable("too_large", depth);
    return this.#integer(String(integer));
  }

  #integer(token: string): string {
    const digits = token.startsWith("-") ? token.length - 1 : token.length;
    if (digits > MAX_DIGITS) return `"${this.#repaired(token)}"`;
    return token === "-0" ? "0" : token;
  }

  /** A number whose digits JavaScript would lose, as `JSON.rawJSON` keeps it. */
  #numberToken(token: string): string {
    if (!isFloatToken(token)) return this.#integer(token);
    return pythonFloatToken(token) ?? `"${this.#repaired(token)}"`;
  }

  #object(value: object, place: Place): string | CapturedContainer {
    const { parent, depth } = place;
    if (!isPlain(value)) {
      const token = rawJsonText(value);
      if (token !== undefined) return this.#numberToken(token);
      const kind = refusedKind(value) as UnrepresentableKind | "bytes" | undefined;
      if (kind === "bytes") return this.#bytes(value as ArrayBufferView | ArrayBufferLike, depth);
      if (kind) return this.#unrepresentable(kind, depth);
    }
    if (this.#ancestors?.has(value) ?? isAround(value, parent)) return this.#unrepresentable("cycle", depth);
    const container = Array.isArray(value) ? capturedList(value, place) : capturedObject(value, place);
    if (container.size > this.#membersLeft) return this.#unrepresentable("too_large", depth);
    this.#membersLeft -= container.size;
    return container;
  }

  #bytes(value: ArrayBufferView | ArrayBufferLike, depth: number): string {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    return this.#standIn(`{"sha256":"${sha256Hex(bytes)}","size_bytes":${bytes.byteLength}}`, depth);
  }

  #unrepresentable(kind: UnrepresentableKind, depth: number): string {
    return this.#standIn(`{"unrepresentable":"${kind}"}`, depth);
  }

  #standIn(text: string, depth: number): string {
    return this.#repaired(depth === MAX_DEPTH + 1 ? JSON.stringify(text) : text);
  }

  #repaired<Replacement>(replacement: Replacement): Replacement {
    this.#repairs += 1;
    return replacement;
  }
}

/** Where a value stands, and how it is to be read. */
interface Place {
  readonly key: string | number;
  readonly parent: CapturedContainer | undefined;
  readonly depth: number;
  readonly translate: MessageTranslator | undefined;
  /** It is a list whose items go into the list around it. */
  readonly isSpread: boolean;
}
