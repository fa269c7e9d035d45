import { type CanonicalLimits, CanonicalWriter } from "./canonical-writer.ts";

/**
 * The canonical JSON of a value: the one text that is hashed, encrypted and authenticated. It is what Python's
 * `json.dumps(v, sort_keys=True, separators=(",", ":"), ensure_ascii=False)` makes of `JSON.stringify(value)`; it is not
 * RFC 8785. `toJSON`, boxed primitives, `undefined`, class instances, proxies and holes count as `JSON.stringify` has them;
 * a BigInt, at which that throws, prints its digits.
 *
 * @throws {CanonicalizationError} `not_canonicalizable`, with the path of what JSON cannot hold faithfully: NaN and the
 * infinities, lone surrogates, cycles, a top-level undefined, functions, symbols, Map, Set, WeakMap, WeakSet, WeakRef,
 * Promise, RegExp, Error, Blob, ArrayBuffer, typed arrays and Buffer (these two whatever `toJSON` they have), and more than
 * 250,000 levels, such as those of a getter that unfolds without end. What a getter, a proxy or `toJSON` throws passes
 * through as it is.
 */
export function canonicalJson(value: unknown): string {
  return canonicalJsonWithin(value, NO_LIMITS);
}

/** As {@link canonicalJson}, but refuses, with the same error, also what goes beyond `limits`. */
export function canonicalJsonWithin(value: unknown, limits: CanonicalLimits): string {
  return new CanonicalWriter(limits).write(value);
}

const NO_LIMITS: CanonicalLimits = { maxDepth: 250_000, maxIntegerDigits: Number.POSITIVE_INFINITY };
