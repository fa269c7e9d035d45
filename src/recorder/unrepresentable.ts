import { types } from "node:util";

/**
 * What stands in a component for a value that JSON cannot hold: its kind, never anything of its content. The list is
 * closed: `unreadable` is what throws when it is looked at (a getter, a proxy, `toJSON`, a buffer that was handed on),
 * `weak` a WeakMap, WeakSet or WeakRef, `too_large` what is beyond the bounds of capture.
 */
export type UnrepresentableKind =
  | "function"
  | "symbol"
  | "map"
  | "set"
  | "weak"
  | "promise"
  | "regexp"
  | "error"
  | "blob"
  | "cycle"
  | "unreadable"
  | "too_large";

/** The kind of an object whose content JSON would silently drop, or undefined for one with ordinary members. */
export function exoticKind(value: object): UnrepresentableKind | undefined {
  return exoticKinds.find(([isOfKind]) => isOfKind(value))?.[1];
}

// By internal slot and not by `instanceof`, so that objects of another realm or behind a changed prototype count too.
const exoticKinds: readonly (readonly [(value: object) => boolean, UnrepresentableKind])[] = [
  [types.isMap, "map"],
  [types.isSet, "set"],
  [types.isPromise, "promise"],
  [types.isRegExp, "regexp"],
  [types.isNativeError, "error"],
  [types.isWeakMap, "weak"],
  [types.isWeakSet, "weak"],
  [(value) => value instanceof WeakRef, "weak"],
  [(value) => value instanceof Blob, "blob"],
];
