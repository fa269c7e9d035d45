import { isTimestamp } from "../core/timestamp.ts";
import { sortableInstant } from "../evidence/instant.ts";
import type { EventQuery } from "./event-store.ts";
import { refusal } from "./problem.ts";

/**
 * Reads `after`, `limit` (1 to 1,000, 100 where it is missing), `systemId`, `correlationId`, `from` (inclusive) and `to`
 * (exclusive, both RFC 3339). Answers 400 for anything else, a name that stands twice included: a filter that is
 * misspelt must not list everything.
 */
export function readEventQuery(parameters: URLSearchParams): EventQuery {
  const page = readPageQuery(parameters, ["systemId", "correlationId", "from", "to"]);
  const { systemId, correlationId } = Object.fromEntries(parameters);
  return {
    ...page,
    ...(systemId !== undefined && { systemId }),
    ...(correlationId !== undefined && { correlationId }),
    ...instantOf(parameters, "from"),
    ...instantOf(parameters, "to"),
  };
}

/** Reads `after` and `limit`, and refuses every other name but `others`. */
export function readPageQuery(
  parameters: URLSearchParams,
  others: readonly string[] = [],
): Pick<EventQuery, "after" | "limit"> {
  const known = ["after", "limit", ...others];
  for (const name of parameters.keys()) {
    if (!known.includes(name)) throw invalidQuery(`the query may have ${known.join(", ")}`);
    if (parameters.getAll(name).length > 1) throw invalidQuery(`${name} stands twice in the query`);
  }
  return {
    after: wholeNumber(parameters, "after", { missing: 0, least: 0, most: Number.MAX_SAFE_INTEGER }),
    limit: wholeNumber(parameters, "limit", { missing: 100, least: 1, most: 1000 }),
  };
}

function wholeNumber(
  parameters: URLSearchParams,
  name: string,
  { missing, least, most }: { readonly missing: number; readonly least: number; readonly most: number },
): number {
  const text = parameters.get(name);
  if (text === null) return missing;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw invalidQuery(`${name} must be a whole number from ${least} to ${most}`);
  }
  return number;
}

function instantOf(parameters: URLSearchParams, name: "from" | "to"): { from?: string; to?: string } {
  const text = parameters.get(name);
  if (text === null) return {};
  if (!isTimestamp(text)) {
    throw invalidQuery(`${name} must be an RFC 3339 timestamp, with a + of its offset written as %2B`);
  }
  return { [name]: sortableInstant(text) };
}

function invalidQuery(detail: string) {
  return refusal(400, "invalid_query", detail);
}
