import { expect, test } from "vitest";
import { errorOfAnswer } from "../../src/client/answer-error.ts";
import { UnknownSystemError } from "../../src/core/errors.ts";

const KEY = "cg_live_canary";

const errorFor = (status: number, text = "", retryAfter?: string) =>
  errorOfAnswer({ status, retryAfter, body: { text, isCut: false } }, "https://api.example.com", KEY, 0);

test.each([
  [300, "baseUrl"],
  [302, "baseUrl"],
  [399, "baseUrl"],
  [401, "key of this platform"],
  [403, "scopes"],
])("the message of a %i says what to look at: %s", (status, remedy) => {
  const { message, code } = errorFor(status);
  expect(message).toContain(remedy);
  expect(message).toContain("https://api.example.com");
  expect(code).toBe("api_error");
});

test.each([400, 402, 404, 409, 413, 429, 500])(
  "the message of a %i names the status and nothing more",
  (status) => {
    expect(errorFor(status).message).toBe(`ComplianceGuard API error ${status}`);
  },
);

test.each([400, 401, 302])("the problem's code stands in the message of a %i, too", (status) => {
  const error = errorFor(status, '{"code":"some_reason"}');
  expect(error.problem).toBe("some_reason");
  expect(error.message).toContain("some_reason");
});

test("an unknown system without a name is one all the same", () => {
  for (const body of ['{"code":"unknown_system_id"}', '{"code":"unknown_system_id","system_id":7}']) {
    const error = errorFor(422, body);
    expect(error).toBeInstanceOf(UnknownSystemError);
    expect(error).toMatchObject({ status: 422, systemId: undefined });
  }
});

test.each(["", "x".repeat(201), "two\nlines", "\u001b[2J", "a\u202eb", "\ud800"])(
  "%j is no code or name that a message could show",
  (value) => {
    expect(errorFor(400, JSON.stringify({ code: value })).problem).toBeUndefined();
    const unknown = errorFor(422, JSON.stringify({ code: "unknown_system_id", system_id: value }));
    expect(unknown).toMatchObject({ systemId: undefined });
  },
);

test("a name of 200 characters is shown", () => {
  expect(errorFor(400, JSON.stringify({ code: "x".repeat(200) })).problem).toBe("x".repeat(200));
});

test("Retry-After is read against the clock", () => {
  expect(errorFor(503, "", "3").retryAfterMs).toBe(3_000);
  expect(errorFor(503, "", "Thu, 01 Jan 1970 00:00:09 GMT").retryAfterMs).toBe(9_000);
  expect(errorFor(503, "", "soon").retryAfterMs).toBeUndefined();
});

test("the key is taken out before the body is cut, so that no part of it stays", () => {
  const { body } = errorFor(500, `${"x".repeat(1_995)}${KEY}`);
  expect(body).toBe(`${"x".repeat(1_995)}[API `);
});
