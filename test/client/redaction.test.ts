import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { plainCause, withoutSecret } from "../../src/client/redaction.ts";

const REDACTED = "[API key]";
const KEY = 'cg_live_"q\\9%/+';

test.each([
  ["as it is", KEY],
  ["in JSON", JSON.stringify(KEY).slice(1, -1)],
  ["in JSON as PHP writes it", JSON.stringify(KEY).slice(1, -1).replaceAll("/", "\\/")],
  ["in JSON as .NET writes it", "cg_live_\\u0022q\\\\9%/\\u002B"],
  ["percent-encoded", encodeURIComponent(KEY)],
  ["percent-encoded in lower case", encodeURIComponent(KEY).toLowerCase()],
  ["in HTML", "cg_live_&quot;q&#92;9%/+"],
  ["in HTML by numbers", "cg_live_&#34;q&#x5C;9%&#x2f;&#043;"],
])("the key is taken out %s", (_, spelling) => {
  expect(withoutSecret(`<${spelling}>, "${spelling}"`, KEY)).toBe(`<${REDACTED}>, "${REDACTED}"`);
});

test("a key of backslashes is looked for in linear time", () => {
  const key = "\\".repeat(60);
  expect(withoutSecret("\\".repeat(59), key)).toBe("\\".repeat(59));
  expect(withoutSecret(`${"\\".repeat(59)}n`.repeat(1_000), key)).toBe(`${"\\".repeat(59)}n`.repeat(1_000));
});

test("a text that ends up without the key keeps everything else", () => {
  const key = fc.string({ minLength: 8, unit: "grapheme-ascii" });
  fc.assert(
    fc.property(key, fc.string(), fc.string(), (secret, before, after) => {
      fc.pre(
        !`${before}${after}${REDACTED}`.includes(secret) &&
          !`${before}${secret}${after}`.replace(secret, "").includes(secret),
      );
      const shown = withoutSecret(`${before}${secret}${after}`, secret);
      expect(shown).not.toContain(secret);
    }),
  );
});

test("a key of less than eight characters is no secret: ordinary words stay", () => {
  expect(withoutSecret("the key is wrong", "key")).toBe("the key is wrong");
});

test("a cause keeps name, code and message of the original and of its causes, and nothing else", () => {
  const inner = Object.assign(new Error(`connect with ${KEY}`), {
    code: "ECONNREFUSED",
    data: KEY,
    address: "::1",
  });
  const outer = Object.assign(new TypeError("fetch failed", { cause: inner }), {
    request: { headers: { key: KEY } },
  });
  const copy = plainCause(outer, KEY);
  expect(copy).toMatchObject({ name: "TypeError", message: "fetch failed" });
  expect(copy.cause).toMatchObject({ code: "ECONNREFUSED", message: `connect with ${REDACTED}` });
  expect(inspect(copy, { depth: 10, showHidden: true })).not.toContain("cg_live");
  expect(Object.keys(copy)).toEqual([]);
  expect(Object.keys(copy.cause as object)).toEqual(["code"]);
});

test("of an error about several addresses the first one is the cause", () => {
  const several = new AggregateError([
    Object.assign(new Error("first"), { code: "ECONNREFUSED" }),
    new Error("second"),
  ]);
  expect(plainCause(several, KEY).cause).toMatchObject({ message: "first", code: "ECONNREFUSED" });
});

test("a name or code that is more than a word is dropped, a long message cut after the key was taken out", () => {
  const error = Object.assign(new Error("x".repeat(295) + KEY), { name: `E ${KEY}`, code: 7 });
  const copy = plainCause(error, KEY);
  expect(copy.name).toBe("Error");
  expect("code" in copy).toBe(false);
  expect(copy.message).toBe("x".repeat(295) + REDACTED.slice(0, 5));
});

test("a chain of causes that never ends is cut", () => {
  const error = new Error("again");
  error.cause = error;
  let depth = 0;
  for (let cause: unknown = plainCause(error, KEY); cause instanceof Error; cause = cause.cause) depth++;
  expect(depth).toBe(6);
});

test.each([undefined, null, 7, "plain text", {}, Object.create(null)])(
  "%s, thrown, gives a cause too",
  (thrown) => {
    expect(plainCause(thrown, KEY)).toBeInstanceOf(Error);
  },
);

test("getters that throw are passed over", () => {
  const hostile = {
    get message(): string {
      throw new Error(KEY);
    },
    get cause(): unknown {
      throw new Error(KEY);
    },
    name: "Hostile",
  };
  expect(plainCause(hostile, KEY)).toMatchObject({ name: "Hostile", message: "" });
});
