import { sameInstant } from "./timestamp.ts";

/** One place in two JSON values, and whether they agree there. */
export interface ComparedPlace {
  /** A dotted path; a key that is no identifier as `["key"]`, so that no two places share a path. */
  readonly path: string;
  readonly isSame: boolean;
  readonly sealed: unknown;
  readonly shown: unknown;
}

/**
 * Compares two JSON values place by place: objects member by member, everything else as a whole. Values count, not spellings:
 * a null member is an absent one, timestamps are compared by instant, numbers by value.
 */
export function compareValues(path: string, sealed: unknown, shown: unknown): ComparedPlace[] {
  if (!isObject(sealed) || !isObject(shown))
    return [{ path, isSame: sameValue(sealed, shown), sealed, shown }];
  const keys = [...new Set([...presentKeys(sealed), ...presentKeys(shown)])];
  if (keys.length === 0) return [{ path, isSame: true, sealed, shown }];
  return keys.flatMap((key) => compareValues(memberPath(path, key), member(sealed, key), member(shown, key)));
}

/** Whether two JSON values are the same in the sense of {@link compareValues}. */
function sameValue(left: unknown, right: unknown): boolean {
  if (typeof left === "string" && typeof right === "string") return sameInstant(left, right);
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameValue(item, right[index]));
  }
  if (isObject(left) && isObject(right)) return compareValues("", left, right).every(({ isSame }) => isSame);
  return (left ?? undefined) === (right ?? undefined);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function presentKeys(value: object): string[] {
  return Object.keys(value).filter((key) => member(value, key) !== undefined);
}

/** An own member, null as absent: an inherited `toString` is none. */
function member(value: object, key: string): unknown {
  return (Object.getOwnPropertyDescriptor(value, key)?.value as unknown) ?? undefined;
}

function memberPath(path: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
