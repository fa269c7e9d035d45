import { ComplianceGuardError } from "../core/errors.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import { member } from "./unknown-shape.ts";

/** What a caller tells about one call, in `providerOptions.complianceguard`. It never reaches the provider. */
export interface ComplianceGuardCallOptions {
  /** Sent as given: the request, application or case the decision belongs to. */
  readonly correlationId?: string | undefined;
  /** The persons the decision is about; pseudonyms where the recorder has a `pseudonymKey`. */
  readonly dataSubjects?: readonly string[] | undefined;
  /** Anything worth keeping with the decision. Only hashed or sealed, never in clear. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Takes the options apart, keeping what is well-formed.
 * @param onInvalid Hears of each field that is not: a call is not refused for a label.
 */
export function readCallOptions(
  options: unknown,
  onInvalid: (error: ComplianceGuardError) => void,
): ComplianceGuardCallOptions {
  const correlationId = member(options, "correlationId");
  const dataSubjects = member(options, "dataSubjects");
  const metadata = member(options, "metadata");
  const accept = <T>(
    name: string,
    value: unknown,
    expected: string,
    is: (value: unknown) => value is T,
  ): T | undefined => {
    if (value === undefined || is(value)) return value;
    onInvalid(
      new ComplianceGuardError(
        "invalid_option",
        `providerOptions.complianceguard.${name} must be ${expected}; it is left out of the event`,
      ),
    );
    return undefined;
  };
  return {
    correlationId: accept("correlationId", correlationId, "text", isText),
    dataSubjects: accept("dataSubjects", dataSubjects, "a list of texts", isTextList),
    metadata: accept("metadata", metadata, "an object", isObject),
  };
}

/** The parameters without our own options: a gateway would send them on. The caller's object is left as it is. */
export function withoutCallOptions<T extends object>(params: T): T {
  const providerOptions = member(params, "providerOptions");
  if (member(providerOptions, "complianceguard") === undefined) return { ...params };
  const { complianceguard: _, ...others } = providerOptions as Readonly<Record<string, unknown>>;
  return { ...params, providerOptions: others };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && boundedList(value).every((item) => typeof item === "string");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
