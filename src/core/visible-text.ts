/** How {@link visibleText} treats what it is given. */
export interface VisibleTextOptions {
  /** `keep` leaves line feeds and tabs as they are; `show` shows them too, so that the text stays on one line. @default "keep" */
  readonly lines?: "keep" | "show" | undefined;
}

/**
 * Text that is safe to look at, in a terminal, on a page (which still escapes its HTML) and in a report: what a reader
 * would not see is shown by its code point, `⟨U+202E⟩`. That is controls (escape sequences), bidirectional overrides,
 * zero-width and tag characters, variation selectors, spaces other than the plain one, fillers, lone surrogates, private
 * and unassigned code points; emoji as Unicode recommends them stay whole. A word that mixes scripts whose letters look
 * alike is followed by their names, `pаypal⟨Cyrillic+Latin⟩`. The brackets ⟨ and ⟩ themselves are shown by their code
 * points, so that no text can imitate a mark. Never throws.
 */
export function visibleText(text: string, options: VisibleTextOptions = {}): string {
  const hidden = options.lines === "show" ? HIDDEN_OR_BREAK : HIDDEN;
  let visible = "";
  let end = 0;
  for (const word of text.matchAll(WORD)) {
    const scripts = scriptsIn(word[0]);
    if (scripts.length < 2) continue;
    const stop = word.index + word[0].length;
    visible += `${shown(text.slice(end, stop), hidden)}⟨${scripts.join("+")}⟩`;
    end = stop;
  }
  return visible + shown(text.slice(end), hidden);
}

/**
 * JSON of the value with everything that {@link visibleText} would show written as an escape, `\u202e`: safe to look at,
 * and still the same JSON, so that it can be edited and read back.
 */
export function visibleJson(value: unknown, indent?: number): string {
  return visibleJsonText(JSON.stringify(value, undefined, indent) ?? "null");
}

/** As {@link visibleJson}, of a text that is JSON or on the way to be. */
export function visibleJsonText(json: string): string {
  return json.replace(HIDDEN, (match) => (/[⟨⟩]/.test(match) || isEmoji(match) ? match : escaped(match)));
}

// Emoji sequences come first: the joiners, selectors and tags inside them are what draws them.
const NOT_SEEN = String.raw`\p{RGI_Emoji}|[[\p{C}\p{Default_Ignorable_Code_Point}\p{Z}\u2800⟨⟩]--[ \n\t]]`;
const HIDDEN = new RegExp(NOT_SEEN, "gv");
const HIDDEN_OR_BREAK = new RegExp(`${NOT_SEEN}|[\\n\\t]`, "gv");

// What is not seen does not end a word: hiding a zero-width space between two scripts would hide the mixture.
const WORD = /[\p{L}\p{M}\p{N}\p{Default_Ignorable_Code_Point}_]+/gu;

const LOOK_ALIKE_SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ["Armenian", /\p{Script=Armenian}/u],
  ["Cherokee", /\p{Script=Cherokee}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Latin", /\p{Script=Latin}/u],
];

function scriptsIn(word: string): string[] {
  return LOOK_ALIKE_SCRIPTS.filter(([, letter]) => letter.test(word)).map(([name]) => name);
}

function shown(text: string, hidden: RegExp): string {
  return text.replace(hidden, (match) => (isEmoji(match) ? match : codePoint(match)));
}

/** A match is one hidden character or an emoji: of the latter some are single characters, but none of those is hidden. */
function isEmoji(match: string): boolean {
  return /^\p{RGI_Emoji}$/v.test(match);
}

function codePoint(character: string): string {
  return `⟨U+${hex(character.codePointAt(0) ?? 0)}⟩`;
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${hex(character.charCodeAt(index)).toLowerCase()}`,
  ).join("");
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}
