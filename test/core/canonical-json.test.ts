import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { canonicalJson, canonicalJsonWithin } from "../../src/core/canonical-json.ts";
import { canonicalJsonFromText } from "../../src/core/canonical-text.ts";
import { CanonicalizationError } from "../../src/core/errors.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The refusal of `value`; fails where it is taken. */
function refusalOf(value: unknown, write: (value: unknown) => string = canonicalJson): CanonicalizationError {
  try {
    write(value);
  } catch (error) {
    if (error instanceof CanonicalizationError) return error;
    throw error;
  }
  throw new Error("The value was not refused");
}

interface DocumentVector {
  readonly name: string;
  readonly json: string;
  readonly fromValue: string;
  readonly fromValueSha256: string;
}

const documents: DocumentVector[] = JSON.parse(readFileSync("test/vectors/canonical-json.json", "utf8"));

describe("a value is written as Python writes it", () => {
  test.each(documents)("$name", ({ json, fromValue, fromValueSha256 }) => {
    const canonical = canonicalJson(JSON.parse(json));
    expect(canonical).toBe(fromValue);
    expect(sha256(canonical)).toBe(fromValueSha256);
  });
});

test("every character is written as JSON.stringify writes it, alone and in a long text, in values and keys", () => {
  for (let unit = 0; unit < 0xd800; unit++) {
    for (const text of [String.fromCharCode(unit), `${"long ".repeat(10)}${String.fromCharCode(unit)}`]) {
      const value = [text, { [text]: 0 }];
      if (canonicalJson(value) !== JSON.stringify(value))
        expect(canonicalJson(value)).toBe(JSON.stringify(value));
    }
  }
});

test("text that looks like the escape of half a surrogate pair is written as it is", () => {
  const text = `\\ud83d 😀 ${"\n".repeat(50)}`;
  expect(canonicalJson([text, "\\ud83d"])).toBe(JSON.stringify([text, "\\ud83d"]));
});

describe("RFC 8785's own examples", () => {
  const read = (path: string): string =>
    readFileSync(`test/vectors/external/rfc8785/testdata/${path}`, "utf8");

  test.each(["arrays", "french", "structures", "unicode", "values"])(
    "%s equals our form, as a value",
    (name) => {
      const canonical = canonicalJson(JSON.parse(read(`input/${name}.json`)));
      expect(canonical).toBe(read(`output/${name}.json`));
      expect(Buffer.from(canonical).toString("hex")).toBe(read(`outhex/${name}.txt`).replaceAll(/\s/g, ""));
    },
  );

  test.each(["arrays", "french", "unicode"])("%s equals our form, as a text", (name) => {
    expect(canonicalJsonFromText(read(`input/${name}.json`))).toBe(read(`output/${name}.json`));
  });

  test("structures differs as a text, in the number that Python keeps a float", () => {
    const canonical = canonicalJsonFromText(read("input/structures.json"));
    expect(canonical).toBe(read("output/structures.json").replace('"\\n":56', '"\\n":56.0'));
    expect(canonical).not.toBe(read("output/structures.json"));
  });

  test("weird differs in the order of its keys, and in nothing else", () => {
    const [ours, theirs] = [canonicalJson(JSON.parse(read("input/weird.json"))), read("output/weird.json")];
    expect(ours).not.toBe(theirs);
    expect(JSON.parse(ours)).toEqual(JSON.parse(theirs));
    expect([...ours].sort()).toEqual([...theirs].sort());
    const keys = Object.keys(JSON.parse(ours)).filter((key) => !/^\d+$/.test(key));
    expect(keys).toEqual(
      keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
    );
  });
});

const anyKey = fc.oneof(
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.string({ unit: fc.constantFrom("a", "\ue000", "\uffff", "😀", "😁", "é"), maxLength: 4 }),
  fc.constantFrom("__proto__", "constructor", "toString", "toJSON", "length", "0", "10", "9", ""),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.string({ unit: "binary" }),
    fc.array(tie("json")),
    fc.dictionary(anyKey, tie("json")),
  ),
}));

describe("for any JSON value", () => {
  test("reading its canonical form gives the value back", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 1000 },
    );
  });

  test("the order of keys never matters", () => {
    fc.assert(
      fc.property(json, fc.infiniteStream(fc.nat()), (value, random) => {
        expect(canonicalJson(shuffled(value, random))).toBe(canonicalJson(value));
      }),
      { numRuns: 500 },
    );
  });

  test("keys stand in the order of their UTF-8, which is that of code points", () => {
    fc.assert(
      fc.property(fc.dictionary(anyKey, fc.constant(0), { maxKeys: 40 }), (object) => {
        const written = [...canonicalJson(object).matchAll(/("(?:[^"\\]|\\.)*"):0/g)].map(([, key]) =>
          Buffer.from(JSON.parse(key as string)),
        );
        expect(written).toHaveLength(Object.keys(object).length);
        expect(written).toEqual(written.toSorted(Buffer.compare));
      }),
      { numRuns: 1000 },
    );
  });
});

function shuffled(value: unknown, random: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, member]) => [random.next().value as number, key, shuffled(member, random)] as const,
  );
  entries.sort(([left], [right]) => left - right);
  return Object.fromEntries(entries.map(([, key, member]) => [key, member]));
}

test("whatever JSON.stringify takes is written as its text is, or refused", () => {
  const anything = fc.anything({
    key: anyKey,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  });
  let taken = 0;
  fc.assert(
    fc.property(anything, (value) => {
      let canonical: string;
      try {
        canonical = canonicalJson(value);
      } catch (error) {
        expect(error).toBeInstanceOf(CanonicalizationError);
        return;
      }
      expect(canonical).toBe(canonicalJsonFromText(JSON.stringify(value)));
      taken += 1;
    }),
    { numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(500);
});

const hasPython = spawnSync("python3", ["--version"]).status === 0;

test.skipIf(!hasPython)("the python3 of this machine agrees, on 2,000 values", () => {
  const values = fc.sample(json, { numRuns: 2000, seed: 1 });
  const program =
    "import json,sys\nfor line in sys.stdin.buffer:\n print(json.dumps(json.loads(line),sort_keys=True,separators=(',',':'),ensure_ascii=False))";
  const { stdout } = spawnSync("python3", ["-X", "utf8", "-c", program], {
    input: values.map((value) => JSON.stringify(value)).join("\n"),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(stdout.trimEnd().split("\n")).toEqual(values.map(canonicalJson));
});

class Instance {
  readonly own = 1;
  readonly #hidden = 2;
  get derived(): number {
    return this.#hidden;
  }
}

describe("what JSON.stringify makes of a value holds", () => {
  const shows = (shown: unknown) => ({ toJSON: () => shown });
  const withExtras = Object.assign([1, 2], { extra: 3 });
  // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested.
  const sparse = [1, , 3];
  const proxy = new Proxy(
    { b: 1, a: 2 },
    { get: (target, key, receiver) => (key === "b" ? "seen" : Reflect.get(target, key, receiver)) },
  );

  test.each<[string, unknown]>([
    ["a date", { at: new Date(1e12) }],
    ["an invalid date", { at: new Date(Number.NaN) }],
    ["a URL", new URL("https://example.com/")],
    ["boxed primitives", [Object("a"), Object(1.5), Object(false)]],
    ["a box with a text of its own", Object.assign(Object("a"), { toString: () => "b" })],
    ["a box with a number of its own", Object.assign(Object(1), { valueOf: () => "2" })],
    ["an instance of a class", new Instance()],
    ["an instance of a class of lists", [new (class List extends Array {})(3)]],
    ["an object without a prototype", Object.assign(Object.create(null), { b: 1, a: 2 })],
    ["an object with a prototype that has members", Object.create({ inherited: 1 }, {})],
    ["members that are not enumerable", Object.defineProperty({ a: 1 }, "b", { value: 2 })],
    ["members with symbols as keys", { [Symbol("b")]: 1, a: 2 }],
    ["undefined members", { a: undefined, b: 1, c: undefined }],
    ["members that are all undefined", { a: undefined }],
    ["undefined items and holes", [undefined, ...sparse, shows(undefined)]],
    ["a list of nothing but holes", new Array(3)],
    ["a list with members", withExtras],
    ["a proxy", { proxy }],
    ["a proxy of a list", new Proxy([1, { a: 2 }], {})],
    ["a key named __proto__", JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":2}}')],
    ["a member named toJSON that is no function", { toJSON: "x" }],
    ["toJSON that gives an object", [shows({ b: 1, a: 2 })]],
    ["toJSON that gives undefined", { a: shows(undefined), b: 1 }],
    ["toJSON that gives a box", [shows(Object("a"))]],
    ["toJSON that gives a date, whose own is not asked", [shows(new Date(0))]],
    ["toJSON of a list", Object.assign([1], shows("list"))],
    ["toJSON of a function", [Object.assign(() => 1, shows("function"))]],
    ["toJSON of an error", [Object.assign(new Error("no"), shows("error"))]],
    [
      "an object of another realm",
      runInNewContext("({ b: [new Date(0), Object(1)], a: new (class A { x = 1 })() })"),
    ],
    ["raw JSON", JSON.parse('[1,"a",null,true,2]', rawAll)],
    ["arguments", argumentsOf(1, "a")],
    ["the same object in two places", [withExtras, { withExtras }]],
  ])("of %s", (_, value) => {
    expect(canonicalJson(value)).toBe(canonicalJsonFromText(JSON.stringify(value)));
  });

  test("toJSON is called once, on its object, with the key as text", () => {
    const calls: unknown[][] = [];
    const value = {
      toJSON(...args: unknown[]): number {
        calls.push([this === value, ...args]);
        return 1;
      },
    };
    canonicalJson(value);
    canonicalJson({ "a b": [0, value] });
    canonicalJson({ key: value });
    expect(calls).toEqual([
      [true, ""],
      [true, "1"],
      [true, "key"],
    ]);
  });

  test("each member is read once", () => {
    let reads = 0;
    const read = { enumerable: true, get: () => ({ count: ++reads }) };
    const list = Object.defineProperty([], 0, read);
    expect(canonicalJson([list, Object.defineProperty({}, "a", read)])).toBe(
      '[[{"count":1}],{"a":{"count":2}}]',
    );
  });

  test("a list that grows while it is read has the items it had", () => {
    const list: unknown[] = [{ toJSON: () => list.push("more") }, 1];
    expect(canonicalJson(list)).toBe("[3,1]");
  });

  test("what a getter or toJSON throws passes through", () => {
    const failure = new Error("mine");
    const fail = (): never => {
      throw failure;
    };
    expect(() =>
      canonicalJson({ a: Object.defineProperty({}, "b", { get: fail, enumerable: true }) }),
    ).toThrow(failure);
    expect(() => canonicalJson([{ toJSON: fail }])).toThrow(failure);
    expect(() => canonicalJson(new Proxy({}, { ownKeys: fail }))).toThrow(failure);
  });
});

function rawAll(this: unknown, _: string, value: unknown): unknown {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return typeof value === "object" && value !== null ? value : rawJSON(JSON.stringify(value));
}

function argumentsOf(..._: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: this very object is what is tested.
  return arguments;
}

describe("a BigInt", () => {
  afterEach(() => Reflect.deleteProperty(BigInt.prototype, "toJSON"));

  test("prints its digits, in a box too", () => {
    const integer = 12345678901234567890123n;
    expect(canonicalJson([integer, -integer, 0n, Object(1n)])).toBe(`[${integer},-${integer},0,1]`);
  });

  test("goes by its toJSON where the application has given it one", () => {
    Object.assign(BigInt.prototype, { toJSON: (): string => "text" });
    expect(canonicalJson([1n, Object(2n)])).toBe('["text","text"]');
  });
});

test("toJSON of primitives is not asked", () => {
  const prototypes = [String.prototype, Number.prototype, Symbol.prototype];
  for (const prototype of prototypes) Object.assign(prototype, { toJSON: () => 1 });
  try {
    expect(canonicalJson(["a", 2])).toBe('["a",2]');
    for (const value of ["\ud800", Number.NaN, Symbol("a")]) expect(refusalOf([value]).path).toBe("$[0]");
  } finally {
    for (const prototype of prototypes) Reflect.deleteProperty(prototype, "toJSON");
  }
});

test("raw JSON is what Python makes of its text", () => {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  const texts = ["1.0", "1e5", "-0", "-0.0", "123456789012345678901234567890", '"\\u0041"', "null", "false"];
  expect(canonicalJson(texts.map(rawJSON))).toBe(
    '[1.0,100000.0,0,-0.0,123456789012345678901234567890,"A",null,false]',
  );
  expect(refusalOf([rawJSON("1e999")])).toMatchObject({ kind: "not_finite", path: "$[0]" });
  expect(refusalOf([rawJSON('"\\ud800"')])).toMatchObject({ kind: "lone_surrogate", path: "$[0]" });
});

describe("what JSON cannot hold is refused", () => {
  const withToJson = (value: object) => Object.assign(value, { toJSON: () => 1 });

  test.each<[string, unknown, string]>([
    ["NaN", Number.NaN, "not_finite"],
    ["an infinity", Number.NEGATIVE_INFINITY, "not_finite"],
    ["NaN in a box", Object(Number.NaN), "not_finite"],
    ["the first half of a surrogate pair", "a\ud83d", "lone_surrogate"],
    ["the second half of a surrogate pair", "\ude00a", "lone_surrogate"],
    ["the first surrogate", "\ud800", "lone_surrogate"],
    ["the last surrogate", "\udfff", "lone_surrogate"],
    ["half a pair in a box", Object("\ud83d"), "lone_surrogate"],
    ["half a pair in a long text", `${"\\ud \n😀".repeat(100)}\ud83d${"x".repeat(100)}`, "lone_surrogate"],
    ["the halves of a pair in the wrong order", "\ude00\ud83d", "lone_surrogate"],
    ["a function", () => 1, "function"],
    ["a class", Instance, "function"],
    ["a symbol", Symbol("secret"), "symbol"],
    ["a symbol in a box", Object(Symbol("secret")), "symbol"],
    ["a Map", new Map([[1, 2]]), "map"],
    ["a Map with members", Object.assign(new Map(), { a: 1 }), "map"],
    ["a class of Map", new (class Registry extends Map {})(), "map"],
    ["a Map of another realm", runInNewContext("new Map()"), "map"],
    ["a Set", new Set([1]), "set"],
    ["a WeakMap", new WeakMap(), "weak"],
    ["a WeakSet", new WeakSet(), "weak"],
    ["a WeakRef", new WeakRef({}), "weak"],
    ["a Promise", Promise.resolve(1), "promise"],
    ["a regular expression", /secret/, "regexp"],
    ["an Error", new TypeError("secret"), "error"],
    ["an Error with members", Object.assign(new Error("secret"), { status: 1 }), "error"],
    ["an Error of another realm", runInNewContext("new RangeError('secret')"), "error"],
    ["a DOMException", new DOMException("secret"), "error"],
    ["a Blob", new Blob(["secret"]), "blob"],
    ["an ArrayBuffer", new ArrayBuffer(1), "bytes"],
    ["a SharedArrayBuffer", new SharedArrayBuffer(1), "bytes"],
    ["a DataView", new DataView(new ArrayBuffer(1)), "bytes"],
    ["a Uint8Array", new Uint8Array([1]), "bytes"],
    ["an empty Float64Array", new Float64Array(), "bytes"],
    ["a Buffer, whatever its toJSON", Buffer.from("secret"), "bytes"],
    ["a typed array, whatever its toJSON", withToJson(new Uint8Array([1])), "bytes"],
    ["what toJSON gives", { toJSON: () => new Map() }, "map"],
    ["a function that toJSON gives", { toJSON: () => () => 1 }, "function"],
  ])("%s", (_, value, kind) => {
    const places: [string, unknown][] = [
      ["$", value],
      ["$[1]", [0, value]],
      ["$.member", { a: 1, member: value }],
      ["$.list[0].member", { list: [{ member: value }] }],
    ];
    for (const [path, place] of places) {
      const error = refusalOf(place);
      expect(error).toMatchObject({ code: "not_canonicalizable", path, kind });
      expect(error.message).toContain(path);
      expect(error.message).not.toMatch(/secret/);
    }
  });

  test("a top-level undefined", () => {
    expect(refusalOf(undefined)).toMatchObject({ path: "$", kind: "undefined" });
    expect(refusalOf({ toJSON: () => undefined })).toMatchObject({ path: "$", kind: "undefined" });
  });

  test("half a surrogate pair in a key, unless its member vanishes", () => {
    expect(refusalOf({ a: { b: 1, "\ud800": 2 } })).toMatchObject({
      path: "$.a[key 1]",
      kind: "lone_surrogate",
    });
    expect(refusalOf({ "\ud800": {} })).toMatchObject({ path: "$[key 0]", kind: "lone_surrogate" });
    expect(canonicalJson({ "\ud800": undefined, b: 1, "\udfff": undefined })).toBe('{"b":1}');
  });

  test("a revoked proxy passes its own error on", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(() => canonicalJson([proxy])).toThrow(TypeError);
  });
});

describe("a path", () => {
  const step = fc.oneof(
    fc.nat(3),
    fc.constantFrom(
      "plain",
      "$_1",
      "with space",
      "ключ",
      "",
      "0",
      "x".repeat(64),
      "x".repeat(65),
      "__proto__",
    ),
  );

  test("leads to what is refused, wherever it stands", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        let value: unknown = Number.NaN;
        let path = "";
        for (const each of steps.toReversed()) {
          if (typeof each === "number") {
            value = [...new Array(each).fill({}), value, {}];
            path = `[${each}]${path}`;
          } else {
            value = Object.fromEntries([
              ["~", 1],
              [each, value],
              ["a~", [{}]],
            ]);
            const index = Object.keys(value as object).indexOf(each);
            path = (/^[a-z_$][\w$]{0,63}$/.test(each) ? `.${each}` : `[key ${index}]`) + path;
          }
        }
        const whole = `$${path}`;
        const error = refusalOf(value);
        if (whole.length <= 200) expect(error.path).toBe(whole);
        else expect(error.path).toBe(`${whole.slice(0, 100)}…${whole.slice(-99)}`);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["abc", true],
    ["abcd", false],
  ])("of 200 characters is whole, a longer one is not (%s)", (key, isWhole) => {
    let value: unknown = { [key]: Number.NaN };
    for (let step = 0; step < 65; step++) value = [value];
    const { path } = refusalOf(value);
    expect(path).toHaveLength(200);
    expect(path === `$${"[0]".repeat(65)}.${key}`).toBe(isWhole);
  });

  test("is cut in the middle where it is long", () => {
    let value: unknown = [Symbol("x")];
    for (let level = 0; level < 1000; level++) value = { step: value };
    const { path, message } = refusalOf(value);
    expect(path).toHaveLength(200);
    expect(path).toMatch(/^\$\.step\.step.*….*\.step\[0\]$/);
    expect(message.length).toBeLessThan(500);
  });
});

describe("a cycle is refused where it closes first", () => {
  const itself: Record<string, unknown> = { a: 1 };
  itself["self"] = itself;
  const list: unknown[] = [[]];
  list.push({ list });
  const far: Record<string, unknown> = {};
  let last = far;
  for (let length = 1; length < 1000; length++) last = last["next"] = {};
  last["next"] = far;
  const lateStart = { start: { itself } };

  test.each<[string, unknown, string]>([
    ["of one", itself, "$.self"],
    ["through a list", list, "$[1].list"],
    ["below its start", lateStart, "$.start.itself.self"],
    ["after a proxy", new Proxy(itself, {}), "$.self.self"],
  ])("%s", (_, value, path) => {
    expect(refusalOf(value)).toMatchObject({ path, kind: "cycle" });
  });

  test("of a thousand", () => {
    const { path, kind } = refusalOf(far);
    expect(kind).toBe("cycle");
    expect(path).toMatch(/^\$\.next\.next.*\.next$/);
  });

  test("through toJSON that gives the same object again", () => {
    const inner: Record<string, unknown> = {};
    inner["again"] = { toJSON: () => inner };
    expect(refusalOf(inner)).toMatchObject({ path: "$.again", kind: "cycle" });
  });

  test("but not the same object twice, however often", () => {
    let value: unknown = { a: [1] };
    for (let level = 0; level < 10; level++) value = [value, value];
    expect(canonicalJson(value)).toBe(JSON.stringify(value));
  });
});

test("a very long list is written whole, with what stands in it", () => {
  const long = Array.from({ length: 200_000 }, (_, index) => (index % 3 ? index : [index, { a: index }]));
  const value = { a: [1, long, 2], b: [[], long] };
  expect(canonicalJson(value)).toBe(JSON.stringify(value));
});

describe("depth never overflows the stack", () => {
  test("100,000 levels are written", () => {
    let value: unknown = [];
    let expected = "[]";
    for (let level = 0; level < 50_000; level++) value = [{ a: value, b: 1 }];
    expected = `${'[{"a":'.repeat(50_000)}${expected}${',"b":1}]'.repeat(50_000)}`;
    expect(canonicalJson(value)).toBe(expected);
  });

  test("a value that unfolds without end is refused", () => {
    class Endless {
      readonly a = 1;
      toJSON(): unknown {
        return { next: new Endless() };
      }
    }
    expect(refusalOf(new Endless())).toMatchObject({ kind: "too_deep" });
  });
});

describe("canonicalJsonWithin", () => {
  const within = (maxDepth: number, maxIntegerDigits: number) => (value: unknown) =>
    canonicalJsonWithin(value, { maxDepth, maxIntegerDigits });

  test("takes what is within the limits as canonicalJson does", () => {
    const value = { b: [[1, 99n, -99n]], a: "x" };
    expect(within(3, 2)(value)).toBe(canonicalJson(value));
    expect(within(0, 0)("leaf")).toBe('"leaf"');
  });

  test("refuses more levels", () => {
    expect(refusalOf({ a: [[1]] }, within(2, 9))).toMatchObject({ path: "$.a[0]", kind: "too_deep" });
    expect(refusalOf([], within(0, 9))).toMatchObject({ path: "$", kind: "too_deep" });
  });

  test("refuses longer integers, but not large numbers", () => {
    const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
    for (const integer of [100n, -100n, Object(100n), rawJSON("-100")]) {
      expect(refusalOf([integer], within(9, 2))).toMatchObject({ path: "$[0]", kind: "long_integer" });
    }
    expect(within(9, 2)([1e20, 12345])).toBe("[100000000000000000000,12345]");
  });
});

test("keys that are like others in length, start and end keep their own text", () => {
  const keys = Array.from({ length: 3000 }, (_, index) => `a${index}z`);
  for (const key of [...keys, ...keys]) expect(canonicalJson({ [key]: 1 })).toBe(`{"${key}":1}`);
  expect(canonicalJson({ "": 1 })).toBe('{"":1}');
});

test("a polluted prototype changes nothing but what JSON.stringify shows too", () => {
  const polluted = Object.prototype as { polluted?: unknown };
  polluted.polluted = { a: 1 };
  try {
    expect(canonicalJson({ b: 1 })).toBe('{"b":1}');
    expect(canonicalJson([{}])).toBe("[{}]");
  } finally {
    delete polluted.polluted;
  }
});
