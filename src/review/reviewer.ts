import { ComplianceGuardError } from "../core/errors.ts";
import type { ReviewDecision, ReviewRequest } from "./decision.ts";

/**
 * How it is known who decided: `session`, signed in at a review queue; `host`, the application's own login, its word;
 * `os_user`, the user of a terminal; `asserted`, an id that came with the decision; `none`, not at all.
 */
export type Authentication = "session" | "host" | "os_user" | "asserted" | "none";

/** What a reviewer is given along with the request. */
export interface ReviewerOptions {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Says what is wrong with an edited proposal, for the reviewer's eyes; undefined where it fits, or cannot be checked. */
  readonly problemWith?: ((final: unknown) => Promise<string | undefined>) | undefined;
}

/**
 * The port to whoever decides: a terminal, a queue, a chat, a test. How the decider was authenticated is a property of
 * the reviewer, set by the code that sets it up; nothing a model, a browser or a decision says can change it. A bare
 * function counts as `asserted`, and its decisions are recorded as `unattributed`.
 */
export interface Reviewer {
  (request: ReviewRequest, options: ReviewerOptions): Promise<ReviewDecision>;
  /** @default "asserted" */
  readonly authentication?: Authentication | undefined;
  /** No person decides: recorded as `policy`, never as human. */
  readonly isPolicy?: boolean | undefined;
}

/**
 * A reviewer whose `reviewerId` your application vouches for, because it signed the person in. Recorded as a human's
 * decision with the authentication `host`.
 */
export function hostReviewer(
  decide: (request: ReviewRequest, options: ReviewerOptions) => Promise<ReviewDecision>,
): Reviewer {
  return reviewerWith(decide, { authentication: "host" });
}

/** What a policy decides: as {@link ReviewDecision}, without a reviewer. */
export type PolicyDecision = ReviewDecision extends infer Each
  ? Each extends ReviewDecision
    ? Omit<Each, "reviewerId">
    : never
  : never;

/**
 * A reviewer that is a rule in your code. Its decisions are recorded as `policy` under `name`, never as a person's, and no
 * request is recorded, because nobody waits.
 * @throws {ComplianceGuardError} `invalid_option` where the name is blank.
 */
export function policyReviewer(
  name: string,
  decide: (request: ReviewRequest) => PolicyDecision | Promise<PolicyDecision>,
): Reviewer {
  if (typeof name !== "string" || name.trim() === "") {
    throw new ComplianceGuardError(
      "invalid_option",
      "policyReviewer needs a name to record its decisions under",
    );
  }
  return reviewerWith(
    async (request) => ({ ...(await decide(request)), reviewerId: name }) as ReviewDecision,
    {
      authentication: "none",
      isPolicy: true,
    },
  );
}

/** The wire format's `reviewerType` of a decision by this reviewer. */
export function reviewerTypeOf(reviewer: Reviewer): "human" | "unattributed" | "policy" {
  if (reviewer.isPolicy) return "policy";
  return isAuthenticated(reviewer) ? "human" : "unattributed";
}

/** Whether it is known who decides: by a session, by the application's word or by the operating system. */
export function isAuthenticated({ authentication }: Reviewer): boolean {
  return authentication === "session" || authentication === "host" || authentication === "os_user";
}

/** A reviewer of its own around the function: the function itself stays what it is. */
export function reviewerWith(
  decide: (request: ReviewRequest, options: ReviewerOptions) => Promise<ReviewDecision>,
  { authentication, isPolicy }: Pick<Reviewer, "authentication" | "isPolicy">,
): Reviewer {
  const reviewer = (request: ReviewRequest, options: ReviewerOptions): Promise<ReviewDecision> =>
    decide(request, options);
  // Not writable: who is handed the reviewer cannot promote it.
  return Object.defineProperties(reviewer, {
    authentication: { value: authentication, enumerable: true },
    isPolicy: { value: isPolicy ?? false, enumerable: true },
  });
}
