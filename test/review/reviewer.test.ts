import { expect, test } from "vitest";
import type { ReviewDecision, ReviewRequest } from "../../src/review/decision.ts";
import { hostReviewer, isAuthenticated, policyReviewer, reviewerTypeOf } from "../../src/review/reviewer.ts";

const request = { id: "r1" } as ReviewRequest;
const options = { signal: new AbortController().signal };
const approve = async (): Promise<ReviewDecision> => ({ type: "approve", reviewerId: "alice" });

test("a bare function is asserted, and its decisions are unattributed", () => {
  expect(reviewerTypeOf(approve)).toBe("unattributed");
  expect(isAuthenticated(approve)).toBe(false);
});

test("a reviewer the application vouches for is human, the function in it stays what it is", async () => {
  const reviewer = hostReviewer(approve);
  expect(await reviewer(request, options)).toEqual({ type: "approve", reviewerId: "alice" });
  expect(reviewerTypeOf(reviewer)).toBe("human");
  expect(reviewerTypeOf(approve)).toBe("unattributed");
});

test("a policy decides under its own name, whatever it says, and is never human", async () => {
  const impostor = { type: "approve", reviewerId: "alice" } as { type: "approve" };
  const reviewer = policyReviewer("small amounts", () => impostor);
  expect(await reviewer(request, options)).toEqual({ type: "approve", reviewerId: "small amounts" });
  expect(reviewerTypeOf(reviewer)).toBe("policy");
});

test("how a reviewer authenticates cannot be changed by whoever is handed it", () => {
  const policy = policyReviewer("limits", () => ({ type: "approve" }));
  expect(() => Object.assign(policy, { isPolicy: false, authentication: "session" })).toThrow(TypeError);
  expect(reviewerTypeOf(policy)).toBe("policy");
});

test("a policy without a name is refused", () => {
  expect(() => policyReviewer(" ", () => ({ type: "approve" }))).toThrow(
    expect.objectContaining({ code: "invalid_option" }),
  );
});
