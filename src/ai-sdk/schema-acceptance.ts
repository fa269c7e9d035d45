import { standardAcceptance } from "../review/acceptance.ts";
import type { Acceptance } from "../review/proposal.ts";
import { member } from "./unknown-shape.ts";

/**
 * Checks a value with a tool's schema, whichever form of it the framework takes: Standard Schema (zod and others), the
 * framework's own with `validate`, or a function that gives one of these. What no schema can check fits.
 */
export function schemaAcceptance(schema: unknown): (value: unknown) => Promise<Acceptance> {
  const check = standardAcceptance(schema);
  if (check) return check;
  if (typeof schema === "function") return async (value) => await schemaAcceptance(schema())(value);
  const validate = member(schema, "validate");
  if (typeof validate !== "function") return async (value) => ({ value });
  return async (value) => {
    const result: unknown = await Reflect.apply(validate, schema, [value]);
    if (member(result, "success") === true) return { value: member(result, "value") };
    return { problem: String(member(member(result, "error"), "message") ?? "it does not fit the schema") };
  };
}
