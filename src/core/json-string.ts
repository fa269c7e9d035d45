import { latin1Literal } from "./latin1-literal.ts";

/**
 * A JSON string literal as Python writes it with `ensure_ascii=False`, which is as `JSON.stringify` does. Undefined for
 * text with a lone surrogate, which no UTF-8 can hold.
 */
export function quotedString(text: string): string | undefined {
  // Calling JSON.stringify costs more than looking at a few characters, which seldom need an escape.
  if (text.length < 32 && isVerbatim(text)) return `"${text}"`;
  const literal = text.length < LONG ? undefined : latin1Literal(text);
  if (literal !== undefined) return literal;
  const quoted = JSON.stringify(text);
  return mayHoldLoneSurrogate(text, quoted) && !text.isWellFormed() ? undefined : quoted;
}

/** Characters from which on a text is quicker to escape than to hand to JSON.stringify. */
const LONG = 256;

/** Spares nearly all text isWellFormed, which is slower than all of this: a lone surrogate becomes the escape \udXXX. */
function mayHoldLoneSurrogate(text: string, quoted: string): boolean {
  const hasLongEscape = quoted.length >= text.length + QUOTES + LONE_SURROGATE;
  return hasLongEscape && SURROGATE.test(text) && quoted.includes("\\ud");
}

const SURROGATE = /[\ud800-\udfff]/;

const QUOTES = 2;
/** How many characters the escape of a lone surrogate has more than itself. */
const LONE_SURROGATE = 5;

/** Whether every character stands for itself in JSON. */
function isVerbatim(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) return false;
  }
  return true;
}
