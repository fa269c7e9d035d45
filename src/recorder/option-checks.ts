import { ComplianceGuardError } from "../core/errors.ts";
import { isKeyProvider } from "../core/keys.ts";
import type { RecorderOptions } from "./recorder-options.ts";

/** What an option must be, and how that is seen. */
type Check = readonly [is: (value: unknown) => boolean, expected: string];

const ANYTHING: Check = [() => true, "anything"];
const FUNCTION: Check = [(value) => typeof value === "function", "a function"];
const BOOLEAN: Check = [(value) => typeof value === "boolean", "true or false"];
const NUMBER: Check = [(value) => typeof value === "number", "a number"];

const checks: { readonly [Name in keyof RecorderOptions]-?: Check } = {
  sink: [
    (value) => hasFunctions(value, ["submit", "flush", "close"]),
    "an object with the functions submit, flush and close, e.g. memorySink()",
  ],
  // These have more to say than a type, each where it is read.
  systemId: ANYTHING,
  version: ANYTHING,
  decisionClassification: ANYTHING,
  pseudonymKey: ANYTHING,
  record: ANYTHING,
  onFailure: ANYTHING,
  modelId: [(value) => typeof value === "string" && value !== "", "non-empty text, e.g. the model's name"],
  keys: [isKeyProvider, "an object with the functions forEncryption and forDecryption, e.g. fixedKey(…)"],
  abandonAfterMs: NUMBER,
  maxWaitMs: NUMBER,
  maxContentBytes: NUMBER,
  actorName: FUNCTION,
  onError: FUNCTION,
  waitUntil: FUNCTION,
  recorderEvents: BOOLEAN,
  clock: [
    (value) => hasFunctions(value, ["now", "monotonic"]),
    "an object with the functions now and monotonic",
  ],
  newId: FUNCTION,
};

/** The names of a recorder's options. */
export const recorderOptionNames: readonly string[] = Object.keys(checks);

/**
 * Refuses what no recorder can be made of: no object, an option that does not exist, one of the wrong type.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function checkRecorderOptions(options: RecorderOptions): void {
  requireOptions("a recorder", options, recorderOptionNames);
  if (options.sink === undefined) refuse("sink", checks.sink[1], undefined);
  for (const [name, [is, expected]] of Object.entries(checks)) {
    const value = options[name as keyof RecorderOptions];
    if (value !== undefined && !is(value)) refuse(name, expected, value);
  }
}

/**
 * Refuses what is no object, and names that are not `known`: a typo would otherwise be an option that silently does nothing.
 * @param taker What takes the options, for the error.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function requireOptions(taker: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid(`${taker} takes an object of options, got ${kindOf(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalid(`${taker} has no option "${unknown}": it takes ${known.join(", ")}`);
  }
}

function refuse(name: string, expected: string, value: unknown): never {
  throw invalid(`${name} must be ${expected}, got ${kindOf(value)}`);
}

function hasFunctions(value: unknown, names: readonly string[]): boolean {
  const object = value as Readonly<Record<string, unknown>> | null | undefined;
  return names.every((name) => typeof object?.[name] === "function");
}

/** The kind of a value, never the value: it may be a key in the wrong place. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  return Array.isArray(value) ? "a list" : `a value of the type ${typeof value}`;
}

function invalid(message: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_option", message);
}
