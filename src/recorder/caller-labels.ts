import { ComplianceGuardError } from "../core/errors.ts";
import { boundedList } from "./bounded-list.ts";

/** What a caller says of its runs. */
export interface CallerLabels {
  /** Sent as given: the request, application or case the decision belongs to. */
  readonly correlationId?: string | undefined;
  /** The persons the decision is about; pseudonyms where the recorder has a `pseudonymKey`. */
  readonly dataSubjects?: readonly string[] | undefined;
  /** What kind of decision it is, in place of the recorder's own word. */
  readonly decisionClassification?: string | undefined;
  /** Figures of the caller's own, sent in clear as `systemState.metrics`. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
  /** Anything worth keeping with the decision. Only hashed or sealed, never in clear. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What a caller may say of a run. */
export const runLabels: readonly Exclude<keyof CallerLabels, "metadata">[] = [
  "correlationId",
  "dataSubjects",
  "decisionClassification",
  "metrics",
];

const unreadable: unique symbol = Symbol("unreadable");

/**
 * Takes apart what a caller says, keeping what is well-formed: of a list of persons those that are text. Never throws.
 * @param place Where it was said, for the errors.
 * @param onInvalid Hears of each label that is left out, as `invalid_option`: no call is refused for a label.
 * @param names The labels that may stand there.
 */
export function readCallerLabels(
  given: unknown,
  place: string,
  onInvalid: (error: ComplianceGuardError) => void,
  names: readonly (keyof CallerLabels)[] = ["correlationId", "dataSubjects"],
): CallerLabels {
  if (given === undefined || given === null) return {};
  if (!isObject(given)) {
    onInvalid(leftOut(place, "an object"));
    return {};
  }
  const labels = names.map((name) => {
    const { expected, read } = readers[name];
    const value = memberOf(given, name);
    const { kept, isWhole } = value === undefined || value === null ? absent : read(value);
    if (!isWhole) onInvalid(leftOut(`${place}.${name}`, expected));
    return [name, kept];
  });
  return Object.fromEntries(labels);
}

interface Reading {
  readonly kept: unknown;
  readonly isWhole: boolean;
}

const absent: Reading = { kept: undefined, isWhole: true };

const readers: Record<keyof CallerLabels, { expected: string; read(value: unknown): Reading }> = {
  correlationId: { expected: "text that is not empty", read: readText },
  dataSubjects: { expected: "a list of texts", read: readTexts },
  decisionClassification: { expected: "text that is not empty", read: readText },
  metrics: { expected: "an object", read: readMembers },
  metadata: { expected: "an object", read: readMembers },
};

function readText(value: unknown): Reading {
  return keptWhere(typeof value === "string" && value !== "", value);
}

function readMembers(value: unknown): Reading {
  return keptWhere(isObject(value) && !Array.isArray(value), value);
}

function readTexts(value: unknown): Reading {
  const items = boundedList(value);
  const texts = items.filter((item) => typeof item === "string");
  const isWhole = Array.isArray(value) && texts.length === items.length;
  return { kept: isWhole || texts.length > 0 ? texts : undefined, isWhole };
}

function keptWhere(isValid: boolean, value: unknown): Reading {
  return { kept: isValid ? value : undefined, isWhole: isValid };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** What throws when it is read is as good as a value of the wrong type. */
function memberOf(given: object, name: string): unknown {
  try {
    return (given as Readonly<Record<string, unknown>>)[name];
  } catch {
    return unreadable;
  }
}

function leftOut(place: string, expected: string): ComplianceGuardError {
  return new ComplianceGuardError(
    "invalid_option",
    `${place} must be ${expected}: what is not is left out of the event`,
  );
}
