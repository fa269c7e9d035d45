import { expect, test } from "vitest";
import { pathOfPage } from "../../src/client/event-filter.ts";

test("without a filter the path has no query", () => {
  expect(pathOfPage({}, undefined)).toBe("/v1/events");
});

test("what is asked for stands in the query, encoded", () => {
  const filter = {
    limit: 50,
    systemId: "cv & screening",
    correlationId: "a#b?c/../d",
    from: "2026-05-01T12:00:00+02:00",
    to: "2026-06-01T00:00:00Z",
  };
  const url = new URL(pathOfPage(filter, "7"), "http://localhost");
  expect(url.pathname).toBe("/v1/events");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    after: "7",
    limit: "50",
    systemId: "cv & screening",
    correlationId: "a#b?c/../d",
    from: "2026-05-01T12:00:00+02:00",
    to: "2026-06-01T00:00:00Z",
  });
});

test("the page begins after the cursor, not after where the listing began", () => {
  expect(pathOfPage({ after: 3 }, "7")).toBe("/v1/events?after=7");
});
