import { expect, test } from "vitest";
import { ApiError, ComplianceGuardError, UnknownSystemError } from "../../src/core/errors.ts";
import { outcomeOf } from "../../src/outbox/delivery-outcome.ts";

const plain = { hasDerivedId: false };
const api = (status: number): ApiError => new ApiError(status, "{}");

test.each([408, 425, 429, 500, 502, 503, 504, 599])("status %i is tried again", (status) => {
  expect(outcomeOf(new ApiError(status, "", { retryAfterMs: 7_000 }), plain)).toEqual({
    next: "retry",
    retryAfterMs: 7_000,
  });
});

test.each(["network_error", "timeout", "invalid_answer", "key_unavailable"] as const)(
  "%s is tried again",
  (code) => {
    expect(outcomeOf(new ComplianceGuardError(code, ""), plain).next).toBe("retry");
  },
);

test.each([
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [302, "status_302"],
  [402, "status_402"],
])("status %i pauses the queue: the event is not at fault", (status, reason) => {
  expect(outcomeOf(api(status), plain)).toEqual({ next: "pause", reason });
});

test.each([400, 422])("status %i makes a dead letter", (status) => {
  expect(outcomeOf(api(status), plain)).toEqual({ next: "dead_letter", code: "api_error", status });
});

test("an unknown system makes a dead letter that can be replayed, whatever its status", () => {
  const expected = { next: "dead_letter", code: "unknown_system_id", status: 404 };
  expect(outcomeOf(new UnknownSystemError(404, "{}", "s"), plain)).toEqual(expected);
});

test("413 goes again without the payload", () => {
  expect(outcomeOf(api(413), plain)).toEqual({ next: "reduce" });
});

test("409 means recorded already for a derived id, and another id else", () => {
  expect(outcomeOf(api(409), { hasDerivedId: true })).toEqual({ next: "already_recorded" });
  expect(outcomeOf(api(409), plain)).toEqual({ next: "rename" });
});

test("an error nobody foresaw drops nothing", () => {
  expect(outcomeOf(new TypeError("x"), plain)).toEqual({ next: "pause", reason: "status_none" });
});
