import { canonicalJson, canonicalJsonWithin } from "../core/canonical-json.ts";
import { sha256Hex } from "../core/digest.ts";
import { afterToJson, isPlain, refusedKind, unboxed } from "../core/json-value.ts";
import { rawJsonText } from "../core/raw-json.ts";
import { type ContainerPlace, CopiedContainer } from "./copied-container.ts";
import { Translated } from "./translated.ts";
import type { UnrepresentableKind } from "./unrepresentable.ts";

/** Containers nested deeper become text: every JSON reader an auditor may have must get through. */
const MAX_DEPTH = 200;
/** Integers of more digits become text. */
const MAX_INTEGER = 10n ** 400n - 1n;
/** Integers beyond this are not even printed: that takes time which grows faster than their length. */
const MAX_PRINTED_INTEGER = 10n ** 100_000n;

/** How much of a value is copied; what is beyond is `too_large`. */
export interface CopyBounds {
  /** Members in all, so that a value which unfolds without end is captured in bounded time. */
  readonly maxMembers: number;
  /** UTF-16 units of text and keys in all: a string cannot hold much more. */
  readonly maxCharacters: number;
}

/**
 * Copies any value to one that `canonicalJson` takes, as `JSON.stringify` would see it. Reads each member once, from the
 * first to the last, so that getters and proxies cannot show one thing to a check and another to the hash. Nothing is
 * recursive: a value may be nested as deep as it likes. One instance makes one copy.
 */
export class PlainCopy {
  readonly #ancestors = new Set<object>();
  #membersLeft: number;
  #charactersLeft: number;
  #repairs = 0;

  constructor(bounds: CopyBounds) {
    this.#membersLeft = bounds.maxMembers;
    this.#charactersLeft = bounds.maxCharacters;
  }

  /** How many places could not be taken as they are. */
  get repairs(): number {
    return this.#repairs;
  }

  /** The copy; undefined where JSON sees nothing in the value. */
  of(value: unknown): unknown {
    const holder = new CopiedContainer({ "": value }, [""], {
      parent: undefined,
      depth: 0,
      translate: undefined,
    });
    let current: CopiedContainer | undefined = holder;
    while (current) current = current.isComplete ? this.#close(current) : this.#advance(current);
    return Object.values(holder.copy)[0];
  }

  #advance(container: CopiedContainer): CopiedContainer {
    const member = this.#memberOf(container);
    if (member instanceof CopiedContainer) {
      this.#ancestors.add(member.source);
      return member;
    }
    this.#put(container, member);
    return container;
  }

  #close(container: CopiedContainer): CopiedContainer | undefined {
    const { parent, depth, isSpread } = container.place;
    this.#ancestors.delete(container.source);
    if (!parent) return undefined;
    if (isSpread) for (const item of Object.values(container.copy)) this.#put(parent, item);
    else this.#put(parent, depth > MAX_DEPTH ? this.#asText(container) : container.copy);
    return parent;
  }

  /** Only the outermost of the containers that are too deep becomes text, or quotes would multiply at each level. */
  #asText({ copy, place }: CopiedContainer): unknown {
    if (place.depth > MAX_DEPTH + 1) return copy;
    try {
      return this.#repaired(canonicalJsonWithin(copy, { maxDepth: Infinity, maxIntegerDigits: Infinity }));
    } catch {
      // Longer than a string can be.
      return this.#unrepresentable("too_large", place);
    }
  }

  #put(container: CopiedContainer, member: unknown): void {
    const { key } = container;
    if (typeof key === "number" || member === undefined) {
      container.put(key, member);
      return;
    }
    this.#charactersLeft -= key.length;
    container.put(key.isWellFormed() ? key : this.#repaired(container.freeName(key.toWellFormed())), member);
  }

  #memberOf(container: CopiedContainer): unknown {
    try {
      return this.#translated(container.take(), container.inner);
    } catch {
      // What a getter, a proxy, `toJSON` or `valueOf` of a boxed number throws is the value's own trouble.
      return this.#unrepresentable("unreadable", container.inner);
    }
  }

  /** Messages first: their own `toJSON` would show a framework's envelope. */
  #translated(value: unknown, place: ContainerPlace): unknown {
    if (typeof value !== "object" || value === null) return this.#plain(value, place);
    if (value instanceof Translated) {
      return this.#translated(value.value, { ...place, translate: value.translate });
    }
    const messages = this.#messagesOf(value, place);
    return messages ? this.#messages(messages, place) : this.#plain(value, place);
  }

  #messagesOf(value: object, { translate }: ContainerPlace): readonly object[] | undefined {
    try {
      return translate?.(value);
    } catch {
      // A message that cannot be read as one is still recorded, member by member.
      return this.#repaired(undefined);
    }
  }

  #messages(messages: readonly object[], place: ContainerPlace): unknown {
    const plainPlace = { ...place, translate: undefined };
    if (messages.length === 1) return this.#plain(messages[0], plainPlace);
    const isSpread = Array.isArray(place.parent?.copy);
    return this.#plain(messages, isSpread ? { ...plainPlace, depth: place.depth - 1, isSpread } : plainPlace);
  }

  /** The value as it is put, or the container to copy before it can be. */
  #plain(value: unknown, place: ContainerPlace): unknown {
    const given = afterToJson(value, place.parent?.key ?? "");
    const shown = typeof given !== "object" || isPlain(given) ? given : unboxed(given);
    switch (typeof shown) {
      case "string":
        return this.#text(shown, place);
      case "number":
        return Number.isFinite(shown) ? shown : this.#repaired(String(shown));
      case "bigint":
        return this.#integer(shown, place);
      case "function":
      case "symbol":
        return this.#unrepresentable(typeof shown as "function" | "symbol", place);
      case "object":
        return shown === null ? null : this.#object(shown, place);
      default:
        return shown;
    }
  }

  #text(text: string, place: ContainerPlace): unknown {
    if (text.length > this.#charactersLeft) return this.#unrepresentable("too_large", place);
    this.#charactersLeft -= text.length;
    return text.isWellFormed() ? text : this.#repaired(text.toWellFormed());
  }

  #integer(integer: bigint, place: ContainerPlace): unknown {
    const size = integer < 0n ? -integer : integer;
    if (size > MAX_PRINTED_INTEGER) return this.#unrepresentable("too_large", place);
    return size > MAX_INTEGER ? this.#repaired(String(integer)) : integer;
  }

  #object(value: object, place: ContainerPlace): unknown {
    if (!isPlain(value)) {
      const token = rawJsonText(value);
      if (token !== undefined) return Number.isFinite(Number(token)) ? value : this.#repaired(token);
      const kind = refusedKind(value) as UnrepresentableKind | "bytes" | undefined;
      if (kind === "bytes") return this.#bytes(value as ArrayBufferView | ArrayBufferLike, place);
      if (kind) return this.#unrepresentable(kind, place);
    }
    if (this.#ancestors.has(value)) return this.#unrepresentable("cycle", place);
    const members = Array.isArray(value) ? lengthOf(value) : Object.keys(value);
    const size = typeof members === "number" ? members : members.length;
    if (size > this.#membersLeft) return this.#unrepresentable("too_large", place);
    this.#membersLeft -= size;
    return new CopiedContainer(value, members, place);
  }

  #bytes(value: ArrayBufferView | ArrayBufferLike, place: ContainerPlace): unknown {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    return this.#standIn({ sha256: sha256Hex(bytes), size_bytes: bytes.byteLength }, place);
  }

  #unrepresentable(unrepresentable: UnrepresentableKind, place: ContainerPlace): unknown {
    return this.#standIn({ unrepresentable }, place);
  }

  #standIn(object: object, { depth }: ContainerPlace): unknown {
    return this.#repaired(depth === MAX_DEPTH + 1 ? canonicalJson(object) : object);
  }

  #repaired<Replacement>(replacement: Replacement): Replacement {
    this.#repairs += 1;
    return replacement;
  }
}

/** A proxy of a list may say anything. */
function lengthOf({ length }: readonly unknown[]): number {
  if (Number.isSafeInteger(length) && length >= 0) return length;
  throw new RangeError("the length of a list is no length");
}
