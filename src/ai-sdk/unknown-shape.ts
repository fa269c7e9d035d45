/**
 * Reads a member of something a framework or a user handed over, whose shape depends on the framework's version.
 * Undefined where there is no such member or reading it throws: an exotic object must never cost an event.
 */
export function member(value: unknown, name: string | symbol): unknown {
  try {
    return (value as Readonly<Record<string | symbol, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** The member where it is text, else undefined. */
export function textMember(value: unknown, name: string): string | undefined {
  const text = member(value, name);
  return typeof text === "string" ? text : undefined;
}

/** The member where it is a number, else undefined. */
export function numberMember(value: unknown, name: string): number | undefined {
  const number = member(value, name);
  return typeof number === "number" ? number : undefined;
}

/** The names of an object's own enumerable members; none where the value is no object or cannot be read. */
export function namesOf(value: unknown): readonly string[] {
  try {
    return typeof value === "object" && value !== null ? Object.keys(value) : [];
  } catch {
    return [];
  }
}
