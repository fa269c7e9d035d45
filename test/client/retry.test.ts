import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isRetryable,
  parseRetryAfter,
  problemCodeOf,
  retryAfterOf,
  retryDelay,
  statusOf,
} from "../../src/client/retry.ts";
import { ApiError, ComplianceGuardError, type ErrorCode, UnknownSystemError } from "../../src/core/errors.ts";

const HOUR_MS = 3_600_000;

test.each([
  [0, 500],
  [1, 1_000],
  [2, 2_000],
  [9, 256_000],
  [10, 300_000],
  [5_000, 300_000],
])("after %i earlier failures the delay is a random part of %i ms", (attempt, longest) => {
  expect(retryDelay(attempt, () => 1)).toBe(longest);
  expect(retryDelay(attempt, () => 0.25)).toBe(longest / 4);
  expect(retryDelay(attempt, () => 0)).toBe(0);
});

test.each([
  [2_000, 2_000],
  [100, 250],
  [HOUR_MS, HOUR_MS],
  [HOUR_MS + 1, HOUR_MS],
  [Number.POSITIVE_INFINITY, HOUR_MS],
  [undefined, 250],
])("a Retry-After of %s ms makes a delay of 250 ms one of %i ms", (retryAfterMs, expected) => {
  expect(retryDelay(0, () => 0.5, retryAfterMs)).toBe(expected);
});

test("no delay is negative, longer than an hour or shorter than the platform asked for", () => {
  const retryAfter = fc.option(fc.nat({ max: 10 * HOUR_MS }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      retryAfter,
      (attempt, random, floor) => {
        const delayMs = retryDelay(attempt, () => random, floor);
        expect(delayMs).toBeGreaterThanOrEqual(Math.min(floor ?? 0, HOUR_MS));
        expect(delayMs).toBeLessThanOrEqual(HOUR_MS);
      },
    ),
  );
});

test.each([408, 425, 429, 500, 502, 503, 504, 599])("an answer of %i may become a success", (status) => {
  expect(isRetryable(new ApiError(status, ""))).toBe(true);
});

test.each([300, 302, 308, 400, 401, 403, 404, 409, 413, 422, 600])(
  "an answer of %i stays what it is",
  (status) => {
    expect(isRetryable(new ApiError(status, ""))).toBe(false);
  },
);

test("an unknown system stays unknown, whatever the status", () => {
  expect(isRetryable(new UnknownSystemError(503, "", "cv-screening-prod"))).toBe(false);
});

test.each<[ErrorCode, boolean]>([
  ["network_error", true],
  ["timeout", true],
  ["invalid_answer", true],
  ["key_unavailable", true],
  ["aborted", false],
  ["invalid_argument", false],
  ["record_not_kept", false],
])("%s: worth another try? %s", (code, expected) => {
  expect(isRetryable(new ComplianceGuardError(code, ""))).toBe(expected);
});

test.each([
  new Error("network_error"),
  { code: "network_error" },
  { code: "api_error", status: 503 },
  "timeout",
  null,
  undefined,
])("%s is not from this package and never retried", (error) => {
  expect(isRetryable(error)).toBe(false);
  expect([statusOf(error), problemCodeOf(error), retryAfterOf(error)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("status, problem code and Retry-After are read from an error of another copy of the package", () => {
  const foreign = Object.assign(new Error(), {
    [Symbol.for("complianceguard.error")]: true,
    code: "api_error",
    status: 503,
    problem: "busy",
    retryAfterMs: 2_000,
  });
  expect([isRetryable(foreign), statusOf(foreign), problemCodeOf(foreign), retryAfterOf(foreign)]).toEqual([
    true,
    503,
    "busy",
    2_000,
  ]);
});

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 7);

test.each([
  ["0", 0],
  ["120", 120_000],
  [" 2 ", 2_000],
  ["9999999999", 9_999_999_999_000],
  ["Sun, 06 Nov 1994 08:49:37 GMT", 30_000],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 30_000],
  ["Sun Nov  6 08:49:37 1994", 30_000],
  ["Sun, 06 Nov 1994 08:49:07 GMT", 0],
  ["Sat, 01 Jan 1994 00:00:00 GMT", 0],
])("Retry-After: %s is %i ms", (header, expected) => {
  expect(parseRetryAfter(header, NOW_MS)).toBe(expected);
});

test.each([
  undefined,
  "",
  "-1",
  "1.5",
  "soon",
  "1e3",
  "0x10",
  "99999999999",
  "Sun, 99 Nov 1994 08:49:37 GMT",
  "1994-11-06T08:49:37Z",
  "Sun, ",
])("Retry-After: %s is none", (header) => {
  expect(parseRetryAfter(header, NOW_MS)).toBeUndefined();
});
