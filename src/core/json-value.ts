import { types } from "node:util";
import type { RefusedKind } from "./errors.ts";
import { rawJsonText } from "./raw-json.ts";

/**
 * What `JSON.stringify` takes a value for: the result of its `toJSON`, called with the key, and the primitive in a box.
 * Bytes are given back as they are, to be refused: Buffer's `toJSON` would make them a list of numbers. Of `JSON.rawJSON`
 * only a float stays as it is, since a number would lose its `.0`.
 */
export function jsonValue(value: unknown, key: string | number): unknown {
  if (!mayHaveToJson(value)) return value;
  const { toJSON } = value;
  if (typeof toJSON !== "function") return unboxed(value);
  return ArrayBuffer.isView(value) ? value : unboxed(toJSON.call(value, String(key)));
}

/** Whether a value is an object or list with nothing special about it, which spares most of them the slower questions. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

/** Why JSON cannot hold a value that is no leaf. Undefined for an object or list, whose members it can hold. */
export function refusedKind(value: unknown): RefusedKind | undefined {
  if (typeof value !== "object" || value === null) return REFUSED_TYPES[typeof value];
  return EXOTIC_KINDS.find(([isOfKind]) => isOfKind(value))?.[1];
}

const REFUSED_TYPES: Readonly<Record<string, RefusedKind>> = {
  undefined: "undefined",
  function: "function",
  symbol: "symbol",
  string: "lone_surrogate",
  number: "not_finite",
  bigint: "long_integer",
};

// By internal slot where there is one, so that objects of another realm or behind another prototype count too.
const EXOTIC_KINDS: readonly (readonly [(value: object) => boolean, RefusedKind])[] = [
  [types.isArrayBufferView, "bytes"],
  [types.isAnyArrayBuffer, "bytes"],
  [types.isMap, "map"],
  [types.isSet, "set"],
  [types.isPromise, "promise"],
  [types.isRegExp, "regexp"],
  [types.isNativeError, "error"],
  [types.isWeakMap, "weak"],
  [types.isWeakSet, "weak"],
  [(value) => value instanceof WeakRef, "weak"],
  [(value) => value instanceof Blob, "blob"],
  [(value) => rawJsonText(value) !== undefined, "not_finite"],
];

function mayHaveToJson(value: unknown): value is { readonly toJSON?: unknown } {
  const type = typeof value;
  return (type === "object" && value !== null) || type === "function" || type === "bigint";
}

function unboxed(value: unknown): unknown {
  if (isPlain(value)) return value;
  if (types.isNumberObject(value)) return Number(value);
  if (types.isStringObject(value)) return String(value);
  if (types.isBoxedPrimitive(value)) return value.valueOf();
  const raw = rawJsonText(value);
  return raw === undefined ? value : unboxedRawJson(value, raw);
}

function unboxedRawJson(value: unknown, text: string): unknown {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  return /^-?\d/.test(text) ? value : JSON.parse(text);
}
