import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { errorMessage, providerStatus } from "../../src/recorder/provider-status.ts";

const withFields = (fields: object) => Object.assign(new Error("upstream"), fields);

test.each([
  [{ status: 429 }, "429"],
  [{ statusCode: 503 }, "503"],
  [{ status: 400 }, "400"],
  [{ status: 599 }, "599"],
  [{ status: 200, statusCode: 502 }, "502"],
  [{ status: "failed", statusCode: 500 }, "500"],
  [{ status: 404, statusCode: 500 }, "404"],
  [{ name: "APICallError", statusCode: 500 }, "500"],
])("an error with %j has the status %s", (fields, expected) => {
  expect(providerStatus(withFields(fields))).toBe(expected);
});

test.each([200, 302, 399, 600, 0, -1, 429.5, Number.NaN, "429", true, null, {}, 429n])(
  "%s is no status of an error",
  (status) => {
    expect(providerStatus(withFields({ status }))).toBe("error:Error");
  },
);

test.each([
  [new TypeError("x"), "error:TypeError"],
  [new DOMException("x", "AbortError"), "error:AbortError"],
  [withFields({ name: "AI_APICallError" }), "error:AI_APICallError"],
  [withFields({ name: "$_9" }), "error:$_9"],
  [{ name: "ThrottlingException" }, "error:ThrottlingException"],
  [withFields({ name: "a".repeat(64) }), `error:${"a".repeat(64)}`],
  [withFields({ name: "a".repeat(65) }), "error:Error"],
  [withFields({ name: "" }), "error:Error"],
  [withFields({ name: "9lives" }), "error:Error"],
  [withFields({ name: "the prompt was: fire Zoë" }), "error:Error"],
  [withFields({ name: "Line\nbreak" }), "error:Error"],
  [withFields({ name: "Zoë" }), "error:Error"],
  [withFields({ name: 7 }), "error:Error"],
  [function thrown() {}, "error:thrown"],
])("the type of %o is told where it is an identifier", (thrown, expected) => {
  expect(providerStatus(thrown)).toBe(expected);
});

test.each([undefined, null, "secret text", 7, 7n, Symbol("secret"), true, [], Object.create(null)])(
  "%o, thrown, is an error without a type",
  (thrown) => {
    expect(providerStatus(thrown)).toBe("error:Error");
  },
);

test("whatever is thrown, the status is a status or an identifier of at most 64 characters", () => {
  fc.assert(
    fc.property(
      fc.anything({ withNullPrototype: true }),
      fc.anything(),
      fc.anything(),
      (thrown, status, name) => {
        for (const error of [thrown, { status, name }, { statusCode: status, name }]) {
          expect(providerStatus(error)).toMatch(/^([45]\d\d|error:[A-Za-z_$][\w$]{0,63})$/);
          expect(typeof errorMessage(error)).toBe("string");
        }
      },
    ),
  );
});

const hostile = new Proxy(new Error("x"), {
  get() {
    throw new Error("trap");
  },
  has() {
    throw new Error("trap");
  },
});

test("getters and proxies that throw never break it", () => {
  expect(providerStatus(hostile)).toBe("error:Error");
  expect(errorMessage(hostile)).toBe("");
});

test("a getter that throws for one field leaves the others", () => {
  const error = Object.defineProperty(withFields({ statusCode: 429 }), "status", {
    get() {
      throw new Error("trap");
    },
  });
  expect(providerStatus(error)).toBe("429");
});

test.each([
  [new Error("timed out"), "timed out"],
  [new Error(), ""],
  [{ message: "plain" }, "plain"],
  [{ message: 7 }, ""],
  [{}, ""],
  ["text", "text"],
  [7, "7"],
  [null, ""],
  [undefined, ""],
  [Symbol("s"), "Symbol(s)"],
])("the message of %o is read", (thrown, expected) => {
  expect(errorMessage(thrown), inspect(thrown)).toBe(expected);
});
