import { ComplianceGuardError, InvalidJsonError } from "./errors.ts";
import { isFloatToken } from "./python-number.ts";
import { rawJson } from "./raw-json.ts";

/**
 * Reads a JSON text as Python's `json.loads` does and loses nothing of a number: only short integers come as numbers, all
 * else as `JSON.rawJSON`. `NaN`, `Infinity` and `-Infinity` are read too, as Python has it. Of
 * a repeated key the last value counts. Objects have no prototype, so that no key does more than name a member.
 *
 * @throws {InvalidJsonError} `invalid_json`, with the position where the text stops being JSON.
 */
export function readJson(text: string): unknown {
  if (typeof text !== "string") {
    throw new ComplianceGuardError(
      "invalid_argument",
      `A JSON text must be a string, got ${typeof text}: decode bytes as UTF-8 first.`,
    );
  }
  return new JsonReader(text).read();
}

/** A list or object that is being read, linked to the one around it. */
interface Container {
  readonly value: unknown[] | Record<string, unknown>;
  readonly end: "]" | "}";
  readonly parent: Container | undefined;
}

/** Reads one text. Keeps the containers it is in as a chain and not on the stack, which no depth overflows so. */
class JsonReader {
  readonly #text: string;
  #at = 0;
  #result: unknown;
  #container: Container | undefined;
  /** The key that the next value belongs to, in an object. */
  #key = "";

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const half = this.#text.search(/\p{Surrogate}/u);
    if (half >= 0) throw this.#expected("a whole character instead of half a surrogate pair", half);
    do {
      if (this.#enterContainers()) this.#put(this.#readLeaf());
    } while (this.#leaveContainers());
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#expected("nothing more");
    return this.#result;
  }

  /** Takes every `[` and `{"key":` up to the next leaf; false where an empty container comes instead. */
  #enterContainers(): boolean {
    for (;;) {
      if (this.#take("[")) {
        this.#enter([], "]");
        if (this.#isNext("]")) return false;
      } else if (this.#take("{")) {
        this.#enter(Object.create(null), "}");
        if (this.#isNext("}")) return false;
        this.#readKey();
      } else {
        return true;
      }
    }
  }

  #enter(value: Container["value"], end: Container["end"]): void {
    this.#put(value);
    this.#container = { value, end, parent: this.#container };
  }

  #put(value: unknown): void {
    if (!this.#container) this.#result = value;
    else if (Array.isArray(this.#container.value)) this.#container.value.push(value);
    else this.#container.value[this.#key] = value;
  }

  /** Takes every `]` and `}` that is due, then the comma and the key before the next value; false at the end of it all. */
  #leaveContainers(): boolean {
    while (this.#container && this.#take(this.#container.end)) this.#container = this.#container.parent;
    if (!this.#container) return false;
    const { end } = this.#container;
    if (!this.#take(",")) throw this.#expected(`"," or "${end}"`);
    if (end === "}") this.#readKey();
    return true;
  }

  #readKey(): void {
    if (!this.#isNext('"')) throw this.#expected("a key in double quotes");
    this.#key = this.#readString();
    if (!this.#take(":")) throw this.#expected('":"');
  }

  #readLeaf(): unknown {
    if (this.#isNext('"')) return this.#readString();
    const literal = this.#match(LITERAL);
    if (literal !== undefined) return LITERALS.get(literal);
    const token = this.#match(NUMBER);
    if (token === undefined) throw this.#expected("a value");
    return numberOf(token);
  }

  #readString(): string {
    const start = this.#at++;
    let hasEscape = false;
    for (;;) {
      this.#match(ORDINARY_CHARACTERS);
      if (this.#text[this.#at] === '"') break;
      if (this.#match(ESCAPE) === undefined) throw this.#expected('a character, an escape or the closing "');
      hasEscape = true;
    }
    const token = this.#text.slice(start, ++this.#at);
    return hasEscape ? JSON.parse(token) : token.slice(1, -1);
  }

  #take(character: string): boolean {
    const isTaken = this.#isNext(character);
    if (isTaken) this.#at++;
    return isTaken;
  }

  #isNext(character: string): boolean {
    this.#skipSpace();
    return this.#text[this.#at] === character;
  }

  #skipSpace(): void {
    while (SPACE.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++;
  }

  /** Takes what a sticky pattern matches here. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #expected(what: string, position: number = this.#at): InvalidJsonError {
    const end = position >= this.#text.length ? ", where the text ends" : "";
    return new InvalidJsonError(
      position,
      `Not JSON: expected ${what} at character ${position}${end}. Check that the text is complete and unchanged.`,
    );
  }
}

const SPACE = " \t\n\r";
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON does not allow them in a string.
const ORDINARY_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const LITERAL = /null|true|false|NaN|-?Infinity/y;
const LITERALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

function numberOf(token: string): unknown {
  return token.length < 16 && !isFloatToken(token) ? Number(token) : rawJson(token);
}
