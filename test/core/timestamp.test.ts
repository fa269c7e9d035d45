import fc from "fast-check";
import { expect, test } from "vitest";
import {
  equivalentTimestamps,
  isTimestamp,
  sameInstant,
  shortestTimestamp,
} from "../../src/core/timestamp.ts";
import { codeOf } from "../support/error-code.ts";

test.each([
  [0, "1970-01-01T00:00:00Z"],
  [1, "1970-01-01T00:00:00.001Z"],
  [10, "1970-01-01T00:00:00.01Z"],
  [120, "1970-01-01T00:00:00.12Z"],
  [600, "1970-01-01T00:00:00.6Z"],
  [1_000, "1970-01-01T00:00:01Z"],
  [1_777_636_800_100, "2026-05-01T12:00:00.1Z"],
  [-1, "1969-12-31T23:59:59.999Z"],
  [253_402_300_799_999, "9999-12-31T23:59:59.999Z"],
])("%d ms since 1970 is %s", (milliseconds, text) => {
  expect(shortestTimestamp(milliseconds)).toBe(text);
  expect(shortestTimestamp(new Date(milliseconds))).toBe(text);
});

test.each([Number.NaN, 253_402_300_800_000, -62_167_219_200_001, 9e15])(
  "%d has no RFC 3339 text",
  async (date) => {
    expect(await codeOf(() => shortestTimestamp(date))).toBe("invalid_argument");
  },
);

// RFC 3339 section 5.8, but for its two leap seconds.
test.each([
  "1985-04-12T23:20:50.52Z",
  "1996-12-19T16:39:57-08:00",
  "1937-01-01T12:00:27.87+00:20",
  "2026-05-01t12:00:00z",
  "2026-05-01T12:00:00.123456789012Z",
  "2024-02-29T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "0049-01-01T00:00:00Z",
])("%s is a timestamp", (text) => {
  expect(isTimestamp(text)).toBe(true);
});

test.each([
  "1990-12-31T23:59:60Z",
  "2026-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-05-01T24:00:00Z",
  "2026-05-01T12:60:00Z",
  "2026-05-01T12:00:00",
  "2026-05-01 12:00:00Z",
  "2026-05-01T12:00Z",
  "2026-05-01",
  "2026-05-01T12:00:00.Z",
  "2026-05-01T12:00:00,5Z",
  "2026-05-01T12:00:00+0200",
  "2026-05-01T12:00:00+24:00",
  "2026-05-01T12:00:00Z\n",
  "+02026-05-01T12:00:00Z",
  "٢٠٢٦-05-01T12:00:00Z",
  "",
  1_777_636_800_000,
  null,
])("%j is none", (text) => {
  expect(isTimestamp(text)).toBe(false);
});

test.each([
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000+00:00"],
  ["2026-05-01T12:00:00.12Z", "2026-05-01T12:00:00.1200000Z"],
  ["2026-05-01T12:00:00Z", "2026-05-01T14:00:00+02:00"],
  ["2026-05-01T00:30:00Z", "2026-04-30T19:00:00-05:30"],
])("%s and %s are the same instant", (left, right) => {
  expect(sameInstant(left, right)).toBe(true);
});

test.each([
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:01Z"],
  ["2026-05-01T12:00:00.1234567891Z", "2026-05-01T12:00:00.1234567892Z"],
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00+02:00"],
  ["2026-05-01T12:00:00.01Z", "2026-05-01T12:00:00.1Z"],
  ["yesterday", "Yesterday"],
  ["yesterday", "2026-05-01T12:00:00Z"],
  ["2026-05-01T12:00:00Z", "yesterday"],
])("%s and %s are not", (left, right) => {
  expect(sameInstant(left, right)).toBe(false);
});

test("the same text is the same instant, even where it is no timestamp", () => {
  expect(sameInstant("yesterday", "yesterday")).toBe(true);
});

test.each([
  ["2026-05-01T12:00:00.12Z", "2026-05-01T12:00:00.120Z"],
  ["2026-05-01T12:00:00.1200000+00:00", "2026-05-01T12:00:00.12Z"],
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000000+00:00"],
  ["2026-05-01T12:00:00.000000000Z", "2026-05-01T12:00:00-00:00"],
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.0000000Z"],
  ["2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.500000000Z"],
  ["2026-05-01T12:00:00Z", "2026-05-01t12:00:00z"],
  ["2026-05-01T12:00:00Z", "2026-05-01T14:00:00+02:00"],
  ["2026-05-01T14:00:00.5+02:00", "2026-05-01T12:00:00.500Z"],
  ["2026-05-01T12:00:00Z", "2026-05-01T17:45:00+05:45"],
  ["2026-05-01T12:00:00Z", "2026-05-01 12:00:00+00:00"],
  ["2026-05-01T12:00:00.123456Z", "2026-05-01T12:00:00.123456"],
])("where a platform shows %s, %s may have been sent", (shown, sent) => {
  expect(equivalentTimestamps(shown)).toContain(sent);
});

test("renderings start with the text itself, never repeat and name the same instant", () => {
  const instants = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
  fc.assert(
    fc.property(instants, (date) => {
      const text = date.toISOString();
      const renderings = equivalentTimestamps(text);
      expect(renderings[0]).toBe(text);
      expect(new Set(renderings).size).toBe(renderings.length);
      const others = renderings.filter(
        (rendering) => isTimestamp(rendering) && !sameInstant(rendering, text),
      );
      expect(others).toEqual([]);
      for (const rendering of renderings)
        expect(new Date(withZone(rendering)).getTime()).toBe(date.getTime());
    }),
    { numRuns: 20 },
  );
});

test("no digit of a fraction is ever dropped, and text that is no timestamp has no other rendering", () => {
  for (const rendering of equivalentTimestamps("2026-05-01T12:00:00.12345678Z")) {
    expect(rendering).toContain("00.12345678");
  }
  expect(equivalentTimestamps("yesterday")).toEqual(["yesterday"]);
});

/** A rendering without a zone is UTC here, and local time to Date. */
function withZone(rendering: string): string {
  return /(?:[Zz]|[+-]\d\d:\d\d)$/.test(rendering) ? rendering.toUpperCase() : `${rendering}Z`;
}
