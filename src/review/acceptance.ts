import type { Acceptance } from "./proposal.ts";

/**
 * Checks a value with a schema that follows Standard Schema (zod, valibot, arktype, …). Undefined where the schema does
 * not: what it holds then cannot be checked here.
 */
export function standardAcceptance(schema: unknown): ((value: unknown) => Promise<Acceptance>) | undefined {
  const validate = validateOf(schema);
  if (!validate) return undefined;
  return async (value) => {
    const result = (await validate(value)) as StandardResult;
    return result.issues ? { problem: problemOf(result.issues) } : { value: result.value };
  };
}

interface StandardResult {
  readonly value?: unknown;
  readonly issues?: readonly StandardIssue[] | undefined;
}

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function validateOf(schema: unknown): ((value: unknown) => unknown) | undefined {
  // A Standard Schema may be a function (arktype).
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return undefined;
  const standard = (schema as { readonly "~standard"?: { readonly validate?: unknown } })["~standard"];
  const validate = standard?.validate;
  return typeof validate === "function" ? (value) => Reflect.apply(validate, standard, [value]) : undefined;
}

function problemOf(issues: readonly StandardIssue[]): string {
  return issues
    .map(({ path = [], message }) => {
      const keys = path.map((key) => String(typeof key === "object" ? key.key : key));
      return keys.length > 0 ? `${keys.join(".")}: ${message}` : message;
    })
    .join("; ");
}
