import { quotedString } from "../core/json-string.ts";

/** Shorter ones are escaped in less time than it takes to find them here; longer ones would take too much memory. */
const [SHORTEST, LONGEST] = [512, 2 ** 18];
/** What one call shows more than once, it shows soon. */
const KEPT = 8;

const latest: { readonly text: string; readonly literal: string }[] = [];
let oldest = 0;

/**
 * What `quotedString` gives. The literals of the latest long texts are kept: a chain's input holds the prompt of its model, and
 * its output the answer, so that each long text comes twice within one call.
 */
export function quotedText(text: string): string | undefined {
  if (text.length < SHORTEST || text.length > LONGEST) return quotedString(text);
  // One object mostly, which the engine sees at once; of two it looks at the lengths first.
  for (const known of latest) if (known.text === text) return known.literal;
  const literal = quotedString(text);
  if (literal === undefined) return undefined;
  latest[oldest] = { text, literal };
  oldest = (oldest + 1) % KEPT;
  return literal;
}
