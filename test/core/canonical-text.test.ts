import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { canonicalJsonFromText } from "../../src/core/canonical-text.ts";
import { CanonicalizationError, InvalidJsonError } from "../../src/core/errors.ts";
import { caught } from "../support/error-code.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface DocumentVector {
  readonly name: string;
  readonly json: string;
  readonly fromValue: string;
  readonly fromValueSha256: string;
  readonly fromText?: string;
  readonly fromTextSha256?: string;
}

const documents: DocumentVector[] = JSON.parse(readFileSync("test/vectors/canonical-json.json", "utf8"));

describe("a text becomes what Python makes of it", () => {
  test.each(documents)("$name", ({ json, fromValue, fromValueSha256, fromText, fromTextSha256 }) => {
    const canonical = canonicalJsonFromText(json);
    expect(canonical).toBe(fromText ?? fromValue);
    expect(sha256(canonical)).toBe(fromTextSha256 ?? fromValueSha256);
  });
});

interface SuiteVector {
  readonly file: string;
  readonly python: string;
  readonly canonical?: string;
  readonly canonicalSha256?: string;
  readonly nonFinite?: boolean;
}

const suite: SuiteVector[] = JSON.parse(readFileSync("test/vectors/jsontestsuite-python.json", "utf8"));
const bytesOf = (file: string): Buffer => readFileSync(`test/vectors/external/jsontestsuite/${file}`);
const textOf = (file: string): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesOf(file));
const isAccepted = ({ python, nonFinite }: SuiteVector): boolean => python === "accepted" && !nonFinite;
const isUtf8 = ({ python }: SuiteVector): boolean => python !== "not UTF-8";
const isInvalid = ({ python }: SuiteVector): boolean => python === "rejected" || python === "too deep";
const isLone = ({ python }: SuiteVector): boolean => python.startsWith("accepted, lone surrogate");

describe("JSONTestSuite, with the verdicts of Python", () => {
  test("every file of it is UTF-8 or not as Python finds", () => {
    const undecodable = suite.filter(({ file }) => !decodes(file));
    expect(undecodable.map(({ file }) => file)).toEqual(
      suite.filter((vector) => !isUtf8(vector)).map(({ file }) => file),
    );
  });

  test.each(suite.filter(isAccepted))("$file is read", ({ file, canonical, canonicalSha256 }) => {
    const text = canonicalJsonFromText(textOf(file));
    if (canonical !== undefined) expect(text).toBe(canonical);
    expect(sha256(text)).toBe(canonicalSha256);
  });

  test.each(suite.filter(isInvalid))("$file is no JSON", async ({ file }) => {
    expect(await caught(() => canonicalJsonFromText(textOf(file)))).toBeInstanceOf(InvalidJsonError);
  });

  test.each(suite.filter(({ nonFinite }) => nonFinite))("$file holds what is no number", async ({ file }) => {
    const error = await caught(() => canonicalJsonFromText(textOf(file)));
    expect(error).toMatchObject({ code: "not_canonicalizable", kind: "not_finite", path: "$[0]" });
  });

  test.each(suite.filter(isLone))("$file holds half a surrogate pair", async ({ file }) => {
    const error = await caught(() => canonicalJsonFromText(textOf(file)));
    expect(error).toMatchObject({ code: "not_canonicalizable", kind: "lone_surrogate" });
  });

  test("every file has one of these verdicts", () => {
    const others = suite.filter(
      (vector) =>
        isUtf8(vector) && !isAccepted(vector) && !isInvalid(vector) && !isLone(vector) && !vector.nonFinite,
    );
    expect(others).toEqual([]);
    expect(suite).toHaveLength(340);
  });
});

function decodes(file: string): boolean {
  try {
    return typeof textOf(file) === "string";
  } catch {
    return false;
  }
}

/** Any value's JSON, with white space and with numbers written in other ways. */
const looseJson = fc
  .tuple(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"))
  .map(([value, space]) => JSON.stringify(value, undefined, space));

test("the canonical text of a text is its own canonical text", () => {
  fc.assert(
    fc.property(looseJson, (text) => {
      const canonical = canonicalJsonFromText(text);
      expect(canonicalJsonFromText(canonical)).toBe(canonical);
    }),
  );
});

test("a text whose numbers JavaScript prints itself gives what its value gives", () => {
  fc.assert(
    fc.property(looseJson, (text) => {
      expect(canonicalJsonFromText(text)).toBe(canonicalJson(JSON.parse(text)));
    }),
    { numRuns: 1000 },
  );
});

test("any text is read or refused where JSON.parse does, but for NaN and the infinities", () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'[]{},:"\\u0e+-.1 tnrulefasNI\t\0é') }),
    fc.tuple(looseJson, fc.nat(), fc.string({ maxLength: 2 })).map(([json, place, patch]) => {
      const at = place % (json.length + 1);
      return json.slice(0, at) + patch + json.slice(at + 1);
    }),
  );
  fc.assert(
    fc.property(text, (each) => {
      expect(outcome(() => canonicalJsonFromText(each))).toBe(outcome(() => JSON.parse(each)));
    }),
    { numRuns: 5000 },
  );
});

function outcome(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (error) {
    if (error instanceof CanonicalizationError) return "read";
    if (error instanceof InvalidJsonError || error instanceof SyntaxError) return "refused";
    throw error;
  }
}

test.each<[string, string, number]>([
  ["nothing", "", 0],
  ["only space", " \n", 2],
  ["a byte order mark", "\ufeff1", 0],
  ["no item after a comma", "[1,]", 3],
  ["no comma", "[1 2]", 3],
  ["the wrong bracket", "[1}", 2],
  ["no key after a comma", '{"a":1,}', 7],
  ["a key without quotes", "{a:1}", 1],
  ["no colon", '{"a" 1}', 5],
  ["no value", '{"a":}', 5],
  ["an open list", "[[1]", 4],
  ["an open object", '{"a":1', 6],
  ["an open string", '"abc', 4],
  ["a line break in a string", '"a\nb"', 2],
  ["an unknown escape", '"a\\x41"', 2],
  ["an escape cut short", '"\\u12"', 1],
  ["more after the end", "1 2", 2],
  ["a number with a leading zero", "01", 1],
  ["a number with a bare point", "1.", 1],
  ["a plus sign", "[+1]", 1],
  ["minus NaN", "[-NaN]", 1],
  ["half a surrogate pair outside of an escape", '["\ud800"]', 2],
  ["half a pair that an escape would complete", '["\\ud83d\ude00"]', 8],
])("%s is refused with its position", async (_, text, position) => {
  const error = await caught(() => canonicalJsonFromText(text));
  expect(error).toBeInstanceOf(InvalidJsonError);
  expect(error).toMatchObject({ code: "invalid_json", position });
});

test("only the control characters that JSON has as space may stand in a text, none in a string", async () => {
  for (let unit = 0; unit < 0x20; unit++) {
    const control = String.fromCharCode(unit);
    const isSpace = " \t\n\r".includes(control);
    expect(
      outcome(() => canonicalJsonFromText(`${control}[${control}1${control},2${control}]${control}`)),
    ).toBe(isSpace ? "read" : "refused");
    expect(await caught(() => canonicalJsonFromText(`"${control}"`))).toMatchObject({ position: 1 });
  }
});

test("the message says where and holds nothing of the text", async () => {
  const error = await caught(() => canonicalJsonFromText('{"secret": "secret" secret}'));
  expect(error?.message).toContain("character 20");
  expect(error?.message).not.toContain("secret");
  expect((await caught(() => canonicalJsonFromText("[")))?.message).toContain(
    "character 1, where the text ends",
  );
  expect((await caught(() => canonicalJsonFromText("[,")))?.message).not.toContain("where the text ends");
});

test.each<[string, string, string]>([
  ["NaN", '{"a":[NaN]}', "$.a[0]"],
  ["an infinity", '{"a b":Infinity}', "$[key 0]"],
  ["a float that overflows", "[0,-1e999]", "$[1]"],
])("%s is refused with its path", async (_, text, path) => {
  const error = await caught(() => canonicalJsonFromText(text));
  expect(error).toMatchObject({ code: "not_canonicalizable", kind: "not_finite", path });
});

test("integers keep every digit", () => {
  const digits = "1234567890".repeat(1000);
  expect(canonicalJsonFromText(`[${digits},-${digits},9007199254740993,-0]`)).toBe(
    `[${digits},-${digits},9007199254740993,0]`,
  );
});

test("of a repeated key the last value counts", () => {
  expect(canonicalJsonFromText('{"a":{"b":1},"c":1.0,"a":2}')).toBe('{"a":2,"c":1.0}');
});

test("no key does more than name a member", () => {
  const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toJSON":"x","length":3}';
  expect(canonicalJsonFromText(text)).toBe(
    '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"length":3,"toJSON":"x"}',
  );
  expect(canonicalJsonFromText('{"__proto__":1,"__proto__":2}')).toBe('{"__proto__":2}');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each([
  ["lists", "[", "]"],
  ["objects", '{"a":[', "]}"],
])("100,000 %s in one another are read", (_, opening, closing) => {
  const text = opening.repeat(100_000) + closing.repeat(100_000);
  expect(canonicalJsonFromText(text)).toBe(text);
});

test("what is not text is refused with the remedy", async () => {
  const bytes = Buffer.from("[]") as unknown as string;
  expect(await caught(() => canonicalJsonFromText(bytes))).toMatchObject({ code: "invalid_argument" });
});
