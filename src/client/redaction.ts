/** What stands in a text where the API key stood. */
const REDACTED = "[API key]";

/** Keys shorter than this are no secret, and taking them out would eat ordinary words. */
const MIN_SECRET_LENGTH = 8;

/**
 * `text` without `secret`, which is visible ASCII: servers and proxies echo what they were sent, as it is or as JSON, a URL
 * or HTML spells it, each in more than one way (`/` as `\/`, `+` as `\u002B` or `%2b`, `&` as `&amp;` or `&#38;`).
 */
export function withoutSecret(text: string, secret: string): string {
  if (secret.length < MIN_SECRET_LENGTH) return text;
  return text.replaceAll(secret, REDACTED).replaceAll(anySpellingOf(secret), REDACTED);
}

function anySpellingOf(secret: string): RegExp {
  return new RegExp(Array.from(secret, spellingsOf).join(""), "g");
}

const HTML_NAMES: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
};

function spellingsOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).padStart(2, "0");
  const anyCaseHex = hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  // A backslash may stand before any character but itself: `\\*` there would let the search take exponential time.
  const inJson = character === "\\" ? "\\\\\\\\" : `\\\\?\\x${hex}`;
  const inHtml = `&#(?:[xX]0*${anyCaseHex}|0*${code});|&${HTML_NAMES[character] ?? "#"};`;
  return `(?:${inJson}|\\\\u00${anyCaseHex}|%${anyCaseHex}|${inHtml})`;
}

const MAX_CAUSES = 5;
const MAX_MESSAGE_LENGTH = 300;

/**
 * A copy of an error of the network that is safe to print: name, code and message (cut, without `secret`), and the same
 * of its causes. The originals can hold request headers or what the server sent, e.g. undici's HTTPParserError.
 */
export function plainCause(error: unknown, secret: string, depth = 0): Error {
  const message = typeof error === "string" ? error : fieldOf(error, "message");
  const shown = withoutSecret(typeof message === "string" ? message : "", secret).slice(
    0,
    MAX_MESSAGE_LENGTH,
  );
  const inner = fieldOf(error, "cause") ?? firstOf(fieldOf(error, "errors"));
  const hasCause = typeof inner === "object" && inner !== null && depth < MAX_CAUSES;
  const copy = new Error(shown, hasCause ? { cause: plainCause(inner, secret, depth + 1) } : undefined);
  const name = fieldOf(error, "name");
  if (isWord(name)) Object.defineProperty(copy, "name", { value: name, configurable: true });
  const code = fieldOf(error, "code");
  if (isWord(code))
    Object.defineProperty(copy, "code", { value: code, enumerable: true, configurable: true });
  return copy;
}

/** Property `name` of whatever was thrown; undefined where there is none or reading it throws. */
function fieldOf(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && /^\w{1,64}$/.test(value);
}
