import { types } from "node:util";
import { canonicalJson } from "../core/canonical-json.ts";
import { sha256Hex } from "../core/digest.ts";
import { type ContainerPlace, OpenContainer } from "./open-container.ts";
import { type MessageTranslator, Translated } from "./translated.ts";
import { exoticKind, type UnrepresentableKind } from "./unrepresentable.ts";

/** Containers nested deeper become text: every JSON reader an auditor may have must get through. */
const MAX_DEPTH = 200;
/** Integers of more digits become text. */
const MAX_INTEGER = 10n ** 400n - 1n;
/** Integers beyond this are not even printed: that takes time which grows faster than their length. */
const MAX_PRINTED_INTEGER = 10n ** 100_000n;
/** Members in all, so that a value which unfolds without end is captured in bounded time. */
const MAX_MEMBERS = 2_000_000;
/** UTF-16 units of text in all: a string cannot hold much more. */
const MAX_CHARACTERS = 2 ** 27;

/**
 * Copies any value to one that `canonicalJson` takes, as `JSON.stringify` would see it. Reads each member once, from the
 * first to the last, so that getters and proxies cannot show one thing to a check and another to the hash. Nothing is
 * recursive: a value may be nested as deep as it likes. One instance makes one copy.
 */
export class PlainCopy {
  readonly #ancestors = new Set<object>();
  #membersLeft = MAX_MEMBERS;
  #charactersLeft = MAX_CHARACTERS;
  #repairs = 0;

  /** How many places could not be taken as they are. */
  get repairs(): number {
    return this.#repairs;
  }

  /** The copy; undefined where JSON sees nothing in the value. */
  of(value: unknown): unknown {
    const holder = new OpenContainer({ "": value }, [""], {
      parent: undefined,
      depth: 0,
      translate: undefined,
    });
    let current: OpenContainer | undefined = holder;
    while (current) current = current.isComplete ? this.#close(current) : this.#advance(current);
    return Object.values(holder.copy)[0];
  }

  #advance(container: OpenContainer): OpenContainer {
    const member = this.#memberOf(container);
    if (member instanceof OpenContainer) {
      this.#ancestors.add(member.source);
      return member;
    }
    this.#put(container, member);
    return container;
  }

  #close(container: OpenContainer): OpenContainer | undefined {
    const { parent, depth, isSpread } = container.place;
    this.#ancestors.delete(container.source);
    if (!parent) return undefined;
    if (isSpread) for (const item of Object.values(container.copy)) this.#put(parent, item);
    else this.#put(parent, depth > MAX_DEPTH ? this.#asText(container) : container.copy);
    return parent;
  }

  /** Only the outermost of the containers that are too deep becomes text, or quotes would multiply at each level. */
  #asText({ copy, place }: OpenContainer): unknown {
    return place.depth === MAX_DEPTH + 1 ? this.#repaired(canonicalJson(copy)) : copy;
  }

  #put(container: OpenContainer, member: unknown): void {
    const { key } = container;
    if (typeof key === "number" || member === undefined) {
      container.put(key, member);
      return;
    }
    this.#charactersLeft -= key.length;
    container.put(key.isWellFormed() ? key : this.#repaired(container.freeName(key.toWellFormed())), member);
  }

  #memberOf(container: OpenContainer): unknown {
    const place = {
      parent: container,
      depth: container.place.depth + 1,
      translate: container.place.translate,
    };
    try {
      return this.#plain(container.take(), place);
    } catch {
      // What a getter, a proxy, `toJSON` or `valueOf` of a boxed number throws is the value's own trouble.
      return this.#unrepresentable("unreadable");
    }
  }

  /** The value as it is put, or the container to copy before it can be. */
  #plain(value: unknown, place: ContainerPlace): unknown {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return Number.isFinite(value) ? value : this.#repaired(String(value));
      case "bigint":
        return this.#integer(value);
      case "function":
      case "symbol":
        return this.#unrepresentable(typeof value as "function" | "symbol");
      case "object":
        return value === null ? null : this.#object(value, place);
      default:
        return value;
    }
  }

  #text(text: string): unknown {
    this.#charactersLeft -= text.length;
    if (this.#charactersLeft < 0) return this.#unrepresentable("too_large");
    return text.isWellFormed() ? text : this.#repaired(text.toWellFormed());
  }

  #integer(integer: bigint): unknown {
    const size = integer < 0n ? -integer : integer;
    if (size > MAX_PRINTED_INTEGER) return this.#unrepresentable("too_large");
    return size > MAX_INTEGER ? this.#repaired(String(integer)) : integer;
  }

  #object(value: object, place: ContainerPlace): unknown {
    if (value instanceof Translated)
      return this.#plain(value.value, { ...place, translate: value.translate });
    const messages = this.#translated(value, place.translate);
    if (messages) return this.#messages(messages, place);
    if (isBytes(value)) return this.#bytes(value);
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON !== "function") return this.#members(value, place);
    const shown: unknown = toJSON.call(value, String(place.parent?.key));
    return typeof shown === "object" && shown !== null
      ? this.#members(shown, place)
      : this.#plain(shown, place);
  }

  #translated(value: object, translate: MessageTranslator | undefined): readonly object[] | undefined {
    try {
      return translate?.(value);
    } catch {
      // A message that cannot be read as one is still recorded, member by member.
      return this.#repaired(undefined);
    }
  }

  #messages(messages: readonly object[], place: ContainerPlace): unknown {
    const [only, ...others] = messages;
    const plainPlace = { ...place, translate: undefined };
    if (only && others.length === 0) return this.#members(only, plainPlace);
    const isSpread = Array.isArray(place.parent?.copy);
    return this.#members(
      messages,
      isSpread ? { ...plainPlace, depth: place.depth - 1, isSpread } : plainPlace,
    );
  }

  #members(value: object, place: ContainerPlace): unknown {
    if (isBytes(value)) return this.#bytes(value);
    const kind = exoticKind(value);
    if (kind) return this.#unrepresentable(kind);
    if (types.isBoxedPrimitive(value)) return this.#plain(unboxed(value), place);
    if (this.#ancestors.has(value)) return this.#unrepresentable("cycle");
    const members = Array.isArray(value) ? value.length : Object.keys(value);
    const size = typeof members === "number" ? members : members.length;
    if (size > this.#membersLeft) return this.#unrepresentable("too_large");
    this.#membersLeft -= size;
    return new OpenContainer(value, members, place);
  }

  #bytes(value: ArrayBufferView | ArrayBufferLike): unknown {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    return this.#repaired({ sha256: sha256Hex(bytes), size_bytes: bytes.byteLength });
  }

  #unrepresentable(kind: UnrepresentableKind): { readonly unrepresentable: UnrepresentableKind } {
    return this.#repaired({ unrepresentable: kind });
  }

  #repaired<Replacement>(replacement: Replacement): Replacement {
    this.#repairs += 1;
    return replacement;
  }
}

function isBytes(value: object): value is ArrayBufferView | ArrayBufferLike {
  return types.isArrayBufferView(value) || types.isAnyArrayBuffer(value);
}

function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number(value);
  if (types.isStringObject(value)) return String(value);
  return value.valueOf();
}
