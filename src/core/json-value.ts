import { types } from "node:util";
import type { RefusedKind } from "./errors.ts";
import { isFloatToken } from "./python-number.ts";
import { rawJsonText } from "./raw-json.ts";

/**
 * The value that `JSON.stringify` would go on with: the result of `toJSON`, called with the key, where there is one. Bytes
 * are given back as they are, to be refused: Buffer's `toJSON` would make them a list of numbers.
 */
export function afterToJson(value: unknown, key: string | number): unknown {
  if (value === null || value === undefined) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON !== "function" || !MAY_HAVE_TO_JSON.has(typeof value)) return value;
  return ArrayBuffer.isView(value) ? value : toJSON.call(value, String(key));
}

/** Whether a value is an object or list with nothing special about it, which spares most of them the slower questions. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === Array.prototype) return true;
  return prototype === null && rawJsonText(value) === undefined;
}

/** The primitive in a box, any other value as it is. Of `JSON.rawJSON` a number stays, which may be more than JavaScript's. */
export function unboxed(value: unknown): unknown {
  if (types.isNumberObject(value)) return Number(value);
  if (types.isStringObject(value)) return String(value);
  if (types.isBoxedPrimitive(value)) return value.valueOf();
  const raw = rawJsonText(value);
  return raw === undefined || /^[-\d]/.test(raw) ? value : JSON.parse(raw);
}

/** Why JSON cannot hold a value that is no leaf. Undefined for an object or list, whose members it can hold. */
export function refusedKind(value: unknown): RefusedKind | undefined {
  if (typeof value !== "object" || value === null) return REFUSED_TYPES[typeof value];
  return EXOTIC_KINDS.find(([isOfKind]) => isOfKind(value))?.[1];
}

const MAY_HAVE_TO_JSON: ReadonlySet<string> = new Set(["object", "function", "bigint"]);

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
  // A DOMException, which a native error only is from Node 24 on.
  [(value) => value instanceof Error, "error"],
  [types.isWeakMap, "weak"],
  [types.isWeakSet, "weak"],
  [(value) => value instanceof WeakRef, "weak"],
  [(value) => value instanceof Blob, "blob"],
  [(value) => isFloatToken(rawJsonText(value) ?? ""), "not_finite"],
  [(value) => rawJsonText(value) !== undefined, "long_integer"],
];
