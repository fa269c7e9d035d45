/** An object of the framework's, of which only the named members are looked at. Any of them may be anything. */
export type Shape<Member extends string> = { readonly [Name in Member]?: unknown };

/**
 * `value` to be read member by member, or undefined where it is no object. What comes from a framework is never trusted to be
 * of a type, and never recognised by `instanceof`: several copies of the framework may be loaded.
 */
export function shapeOf<Member extends string>(value: unknown): Shape<Member> | undefined {
  return typeof value === "object" && value !== null ? (value as Shape<Member>) : undefined;
}

/** `value` where it is text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `value` where it is a number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** The text of `value`, whatever it is: ids come as numbers now and then. */
export function idOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
