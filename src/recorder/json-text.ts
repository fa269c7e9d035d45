/**
 * The arguments of a tool call: text is parsed as JSON, blank text is `{}`, text that does not parse stays byte for byte.
 * What a framework has parsed already is left as it is; absent arguments are `{}`.
 */
export function parsedArguments(args: unknown): unknown {
  if (args === undefined) return {};
  if (typeof args !== "string") return args;
  return args.trim() === "" ? {} : parsedOr(args, args);
}

/**
 * The result of a tool: text is parsed only where it is a JSON object or array, so that a plain "true" stays text. Other
 * scalars become their JSON text, nothing at all an empty one: one framework hands over `42` where another has
 * already written "42".
 */
export function parsedResult(result: unknown): unknown {
  if (typeof result === "string") return /^\s*[[{]/.test(result) ? parsedOr(result, result) : result;
  if (typeof result === "number" || typeof result === "boolean" || result === null) return String(result);
  return result === undefined ? "" : result;
}

function parsedOr(text: string, fallback: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}
