import type { RefusedKind } from "../core/errors.ts";

/**
 * What a component says of a value that JSON cannot hold: its kind, never anything of its content. The list is closed.
 * `unreadable` is what throws when it is looked at (a getter, a proxy, `toJSON`, a buffer that was handed on), `weak` a
 * WeakMap, WeakSet or WeakRef, `too_large` what is beyond the bounds of capture.
 */
export type UnrepresentableKind =
  | Exclude<
      RefusedKind,
      "not_finite" | "lone_surrogate" | "undefined" | "bytes" | "too_deep" | "long_integer"
    >
  | "unreadable"
  | "too_large";
