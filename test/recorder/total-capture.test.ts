import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJsonWithin } from "../../src/core/canonical-json.ts";
import { canonicalJsonFromText } from "../../src/core/canonical-text.ts";
import { rawJson } from "../../src/core/raw-json.ts";
import { captureComponent } from "../../src/recorder/total-capture.ts";

interface Captured {
  readonly text: string;
  readonly repairs: number;
}

const capture = (value: unknown): Captured => {
  const { component, repairs } = captureComponent(value);
  return { text: Buffer.from(component.bytes).toString("utf8"), repairs };
};

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

const depthIn = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthIn)) : 0;

const depthOf = (text: string): number => depthIn(JSON.parse(text));

const refuse = (): never => {
  throw new Error("secret");
};

/** Lets fast-check print what refuses to be looked at. */
const printable = (value: object): object =>
  Object.defineProperty(value, fc.toStringMethod, { value: () => "unreadable" });

const unreadable: readonly object[] = [
  printable(Object.defineProperty({}, "member", { enumerable: true, get: refuse })),
  printable({ toJSON: refuse }),
  new Proxy(printable({}), { ownKeys: refuse }),
];

const someText = fc.string({
  unit: fc.constantFrom("a", "\u{1f600}", "\ud83d", "\ude00", "\ufffd", '"', "\0", "\u2028"),
});

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
  key: fc.oneof(someText, fc.constantFrom("__proto__", "toJSON", "\ud800", "\udfff")),
  values: [
    someText,
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(
      null,
      undefined,
      Symbol("s"),
      () => 1,
      /x/,
      new Error("e"),
      Promise.resolve(),
      new WeakMap(),
    ),
    fc.constantFrom(...unreadable),
    fc.constantFrom(
      ...["1.0", "-0", "-0.0", "1e999", "12345678901234567890123", "9".repeat(401), '"\\ud800"'].map(rawJson),
    ),
  ],
});

test("any value is captured: readable, the same twice, and its own canonical form", () => {
  let repaired = 0;
  fc.assert(
    fc.property(anything, (value) => {
      const { text, repairs } = capture(value);
      expect(canonicalJsonFromText(text)).toBe(text);
      expect(text.isWellFormed()).toBe(true);
      expect(capture(value)).toEqual({ text, repairs });
      if (repairs > 0) repaired += 1;
    }),
    { numRuns: 10_000 },
  );
  expect(repaired).toBeGreaterThan(1000);
}, 60_000);

test("what canonicalJson takes is captured as canonicalJson has it, without repairs, and nothing else is", () => {
  let taken = 0;
  fc.assert(
    fc.property(anything, (value) => {
      let canonical: string | undefined;
      try {
        canonical = canonicalJsonWithin(value ?? {}, { maxDepth: 200, maxIntegerDigits: 400 });
      } catch {
        // Refused: then something must have been repaired.
      }
      const { text, repairs } = capture(value);
      expect(repairs === 0).toBe(canonical !== undefined);
      if (canonical === undefined) return;
      expect(text).toBe(canonical);
      taken += 1;
    }),
    { numRuns: 5000 },
  );
  expect(taken).toBeGreaterThan(1000);
}, 60_000);

test("the component's reference is the hash of its bytes", () => {
  const { component } = captureComponent({ a: 1 });
  expect(component.reference).toBe(sha256(Buffer.from('{"a":1}')));
});

test.each([undefined, null, { toJSON: () => undefined }])(
  "nothing counts as an empty object (%j)",
  (value) => {
    expect(capture(value)).toEqual({ text: "{}", repairs: 0 });
  },
);

test.each<[string, unknown, unknown]>([
  ["NaN", { a: NaN }, { a: "NaN" }],
  ["the infinities", [Infinity, -Infinity], ["Infinity", "-Infinity"]],
  ["boxed NaN", [new Number(NaN)], ["NaN"]],
  ["lone surrogates", ["a\ud83d", "\ude00b"], ["a\ufffd", "\ufffdb"]],
  ["a boxed lone surrogate", [new String("\ud83d")], ["\ufffd"]],
  [
    "integers beyond 400 digits",
    [10n ** 400n, -(10n ** 400n)],
    [`1${"0".repeat(400)}`, `-1${"0".repeat(400)}`],
  ],
  ["the longest integer that is printed", 10n ** 100_000n, `1${"0".repeat(100_000)}`],
  ["an integer too long to print", 10n ** 100_001n, { unrepresentable: "too_large" }],
  ["a boxed integer beyond 400 digits", Object(10n ** 400n), `1${"0".repeat(400)}`],
  ["number tokens out of range", [rawJson("1e999"), rawJson("9".repeat(401))], ["1e999", "9".repeat(401)]],
  ["a text token with a lone surrogate", [rawJson('"\\ud800"')], ["\ufffd"]],
  ["a function", { a: () => 1 }, { a: { unrepresentable: "function" } }],
  ["a symbol", [Symbol("secret")], [{ unrepresentable: "symbol" }]],
  ["a boxed symbol", Object(Symbol("secret")), { unrepresentable: "symbol" }],
  ["a map", new Map([["a", 1]]), { unrepresentable: "map" }],
  ["a set", new Set([1]), { unrepresentable: "set" }],
  ["a weak map", new WeakMap(), { unrepresentable: "weak" }],
  ["a weak set", new WeakSet(), { unrepresentable: "weak" }],
  ["a weak reference", new WeakRef({}), { unrepresentable: "weak" }],
  ["a promise", Promise.resolve("secret"), { unrepresentable: "promise" }],
  ["a pattern", /secret/, { unrepresentable: "regexp" }],
  ["an error", new TypeError("secret"), { unrepresentable: "error" }],
  ["a blob", new Blob(["secret"]), { unrepresentable: "blob" }],
  ["an error of another realm", runInNewContext("new Error('secret')"), { unrepresentable: "error" }],
  ["a map of another realm", runInNewContext("new Map()"), { unrepresentable: "map" }],
  ["what toJSON gives", { toJSON: () => [new Map(), NaN] }, [{ unrepresentable: "map" }, "NaN"]],
])("%s", (_, value, expected) => {
  const { text, repairs } = capture(value);
  expect(JSON.parse(text)).toEqual(expected);
  expect(repairs).toBe(Array.isArray(expected) ? expected.length : 1);
});

test("integers of 400 digits stay integers", () => {
  const integer = 10n ** 400n - 1n;
  expect(capture([integer, -integer])).toEqual({ text: `[${integer},-${integer}]`, repairs: 0 });
});

test.each<[string, (bytes: Uint8Array) => unknown]>([
  ["Uint8Array", (bytes) => bytes],
  ["Buffer", (bytes) => Buffer.from(bytes)],
  ["part of a buffer", (bytes) => Buffer.concat([Buffer.from("x"), bytes, Buffer.from("y")]).subarray(1, -1)],
  ["DataView", (bytes) => new DataView(bytes.buffer)],
  ["Uint32Array", (bytes) => new Uint32Array(bytes.buffer)],
  ["ArrayBuffer", (bytes) => bytes.buffer],
  [
    "SharedArrayBuffer",
    (bytes) => {
      const shared = new SharedArrayBuffer(bytes.length);
      new Uint8Array(shared).set(bytes);
      return shared;
    },
  ],
  ["what toJSON gives", (bytes) => ({ toJSON: () => bytes })],
])("bytes are their hash and size: %s", (_, shape) => {
  const bytes = new Uint8Array([1, 2, 3, 250, 0, 0, 0, 1]);
  const { text, repairs } = capture({ file: shape(bytes) });
  expect(JSON.parse(text)).toEqual({ file: { sha256: sha256(bytes), size_bytes: 8 } });
  expect(repairs).toBe(1);
});

test("a component does not change with the value it was made of", () => {
  const value = { bytes: new Uint8Array([1]), list: [1] };
  const { component } = captureComponent(value);
  const before = Buffer.from(component.bytes).toString();
  value.bytes[0] = 2;
  value.list.push(2);
  expect(Buffer.from(component.bytes).toString()).toBe(before);
});

test.each<[string, () => unknown]>([
  [
    "a getter",
    () =>
      ({
        get member(): never {
          throw new Error("secret");
        },
      }).valueOf(),
  ],
  [
    "toJSON",
    () => ({
      member: {
        toJSON: () => {
          throw new Error("secret");
        },
      },
    }),
  ],
  [
    "toJSON that cannot be read",
    () => ({
      member: {
        get toJSON(): never {
          throw new Error("secret");
        },
      },
    }),
  ],
  [
    "the value of a boxed number",
    () => ({
      member: Object.assign(new Number(1), {
        valueOf: () => {
          throw new Error("secret");
        },
      }),
    }),
  ],
  [
    "a revoked proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return { member: proxy };
    },
  ],
  [
    "a proxy that shows no keys",
    () => ({
      member: new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("secret");
          },
        },
      ),
    }),
  ],
  [
    "a proxy that shows no members",
    () =>
      new Proxy(
        { member: 1 },
        {
          get: (_, key) => {
            if (key === "member") throw new Error("secret");
          },
        },
      ),
  ],
  [
    "a list with a length that is none",
    () => ({ member: new Proxy([], { get: (_, key) => (key === "length" ? -1 : undefined) }) }),
  ],
  [
    "a buffer handed on",
    () => {
      const bytes = new Uint8Array(8);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return { member: bytes };
    },
  ],
])("what throws when it is looked at is unreadable: %s", (_, make) => {
  const { text, repairs } = capture(make());
  expect(text).toBe('{"member":{"unrepresentable":"unreadable"}}');
  expect(repairs).toBe(1);
});

test("a cycle is cut where it closes, a value that stands in two places is recorded in both", () => {
  const shared = { a: 1 };
  const cyclic: { shared: unknown; self?: unknown } = { shared: [shared, shared] };
  cyclic.self = { again: cyclic };
  expect(capture(cyclic)).toEqual({
    text: '{"self":{"again":{"unrepresentable":"cycle"}},"shared":[{"a":1},{"a":1}]}',
    repairs: 1,
  });
});

test("toJSON that gives its own object shows the object's members", () => {
  class Own {
    readonly a = 1;
    toJSON(): this {
      return this;
    }
  }
  expect(capture([new Own()])).toEqual({ text: '[{"a":1}]', repairs: 0 });
});

test("toJSON is called once, with the key it stands under", () => {
  const keys: unknown[] = [];
  const value = { toJSON: (key: unknown) => keys.push(key) };
  capture(value);
  capture({ member: [value] });
  capture({ member: value });
  expect(keys).toEqual(["", "0", "member"]);
});

test("each member is read once", () => {
  let reads = 0;
  const value = {
    get member(): number {
      reads += 1;
      return NaN;
    },
  };
  capture(value);
  expect(reads).toBe(1);
});

test("a key with a lone surrogate is repaired, and kept apart from every other key", () => {
  const value = { "\ud800": 1, "\udfff": 2, "\ufffd": 3, "\ufffd2": 4, "\udfff2": 5 };
  const { text, repairs } = capture(value);
  expect(JSON.parse(text)).toEqual({ "\ufffd3": 1, "\ufffd4": 2, "\ufffd": 3, "\ufffd2": 4, "\ufffd22": 5 });
  expect(repairs).toBe(3);
});

test("a key named __proto__ is recorded", () => {
  const { text, repairs } = capture(JSON.parse('{"__proto__":{"a":1},"b":2}'));
  expect(text).toBe('{"__proto__":{"a":1},"b":2}');
  expect(repairs).toBe(0);
});

const nested = (depth: number): unknown => {
  let value: unknown = [];
  for (let level = 1; level < depth; level += 1) value = level % 2 ? { a: value } : [value, "x"];
  return value;
};

test("200 levels are kept, what is deeper is text", () => {
  expect(capture(nested(200)).repairs).toBe(0);
  const { text, repairs } = capture(nested(201));
  expect(repairs).toBe(1);
  expect(depthOf(text)).toBe(200);
  expect(text).toContain('"[]"');
});

test.each([201, 500, 20_000])("nothing of %i levels is lost", (depth) => {
  const { text, repairs } = capture(nested(depth));
  expect(depthOf(text)).toBe(200);
  expect(repairs).toBe(1);
  let level = JSON.parse(text);
  for (let reached = 1; reached < depth; reached += 1) {
    level = Array.isArray(level) ? level[0] : level.a;
    if (typeof level === "string") level = JSON.parse(level);
  }
  expect(level).toEqual([]);
});

test("what stands for a value at the last level is text too", () => {
  const deepest = [new Map(), new Uint8Array(0), NaN];
  let value: unknown = deepest;
  for (let level = 1; level < 200; level += 1) value = [value];
  const { text, repairs } = capture(value);
  expect(depthOf(text)).toBe(200);
  expect(text).toContain('["{\\"unrepresentable\\":\\"map\\"}","{\\"sha256\\":');
  expect(repairs).toBe(3);
});

test("repairs below 200 levels are made and counted too", () => {
  let value: unknown = { a: NaN, b: new Map() };
  for (let level = 0; level < 300; level += 1) value = [value];
  const { text, repairs } = capture(value);
  expect(text).toContain('{\\"a\\":\\"NaN\\",\\"b\\":{\\"unrepresentable\\":\\"map\\"}}');
  expect(repairs).toBe(3);
});

test("what stands in very many places is captured in bounds", () => {
  let value: unknown = [1];
  for (let level = 0; level < 60; level += 1) value = [value, value];
  expect(capture(value).text).toContain("too_large");
}, 60_000);

test("a list of holes without end is captured in bounds", () => {
  expect(capture({ list: new Array(2 ** 32 - 1), rest: 1 })).toEqual({
    text: '{"list":{"unrepresentable":"too_large"},"rest":1}',
    repairs: 1,
  });
});

test("a short list with holes shows them as null, a long text is kept", () => {
  // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested.
  expect(capture([1, , undefined]).text).toBe("[1,null,null]");
  const text = "x".repeat(50_000_000);
  expect(captureComponent([text]).component.bytes).toHaveLength(text.length + 4);
});
