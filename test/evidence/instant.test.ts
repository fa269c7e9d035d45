import fc from "fast-check";
import { expect, test } from "vitest";
import { sortableInstant } from "../../src/evidence/instant.ts";

test.each([
  ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000000000Z"],
  ["2026-05-01t12:00:00z", "2026-05-01T12:00:00.000000000Z"],
  ["2026-05-01T12:00:00.1234567+00:00", "2026-05-01T12:00:00.123456700Z"],
  ["2026-05-01T00:30:00.5+02:00", "2026-04-30T22:30:00.500000000Z"],
  ["2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00.000000000Z"],
  ["2026-05-01T12:00:00.1234567899Z", "2026-05-01T12:00:00.123456789Z"],
])("%s sorts as %s", (timestamp, expected) => {
  expect(sortableInstant(timestamp)).toBe(expected);
});

test("texts sort like their instants", () => {
  const instant = fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(instant, instant, (one, other) => {
      const [left, right] = [one, other].map((date) => sortableInstant(date.toISOString())) as [
        string,
        string,
      ];
      expect(Math.sign(left.localeCompare(right))).toBe(Math.sign(one.getTime() - other.getTime()));
    }),
  );
});
