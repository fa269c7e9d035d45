import { CanonicalizationError, type RefusedKind } from "./errors.ts";
import { jsonPath, type PathStep } from "./json-path.ts";

/** The error for a value that canonical JSON refuses: names its place and kind and the remedy, never the value. */
export function refusal(kind: RefusedKind, steps: readonly PathStep[]): CanonicalizationError {
  const path = jsonPath(steps);
  const [description, remedy] = EXPLANATIONS[kind];
  return new CanonicalizationError(
    path,
    kind,
    `${path} has no canonical JSON: it is ${description}. ${remedy}`,
  );
}

const EXPLANATIONS: Readonly<Record<RefusedKind, readonly [description: string, remedy: string]>> = {
  not_finite: ["NaN or an infinity", "Give a finite number, null or its name as text."],
  lone_surrogate: [
    "text or a key with half a surrogate pair",
    "Repair it with toWellFormed(), or do not cut text inside a character.",
  ],
  undefined: ["undefined", "Give null or a value."],
  function: ["a function", "Leave it out or give what it returns."],
  symbol: ["a symbol", "Give its description as text."],
  bytes: ["a buffer or typed array", "Give its SHA-256 and size, or base64 text."],
  map: ["a Map", "Give Object.fromEntries(map) or a list of its entries."],
  set: ["a Set", "Give a list of its items: [...set]."],
  weak: ["a WeakMap, WeakSet or WeakRef", "Leave it out or give what it refers to."],
  promise: ["a Promise", "Await it first."],
  regexp: ["a regular expression", "Give its source as text."],
  error: ["an Error", "Give the fields of it that you want recorded."],
  blob: ["a Blob", "Give its SHA-256 and size, or its text."],
  cycle: ["an object or list that contains itself", "Replace the inner one, e.g. by its id."],
  too_deep: ["nested too deep", "Flatten the value or give its inner part as JSON text."],
  long_integer: ["an integer with too many digits", "Give it as text."],
};
