import { userInfo } from "node:os";
import type { ReadStream, WriteStream } from "node:tty";
import { ComplianceGuardError } from "../core/errors.ts";
import type { ReviewDecision, ReviewRequest } from "./decision.ts";
import { type Reviewer, type ReviewerOptions, reviewerWith } from "./reviewer.ts";
import { terminalPage } from "./terminal-page.ts";
import { askDecision } from "./terminal-questions.ts";
import { TerminalSession } from "./terminal-session.ts";

/** Where {@link terminalReviewer} asks, and whom. */
export interface TerminalReviewerOptions {
  /** @default process.stdin */
  readonly input?: ReadStream | undefined;
  /** @default process.stderr, so that what the program prints stays its own */
  readonly output?: WriteStream | undefined;
  /**
   * Who sits at the terminal, where your application knows better than the operating system. Recorded with the
   * authentication `host`, your word. @default the name of the operating system's user, recorded as `os_user`
   */
  readonly reviewerId?: string | undefined;
}

/**
 * A reviewer at the terminal the program runs in. Shows the request, drops what was typed before it, and asks to approve,
 * edit, reject or respond, as the request allows. Ctrl-C and Ctrl-D break the review off, which counts as a failure of
 * the review. Two requests at a time are asked one after the other. It keeps nothing open between reviews.
 *
 * Asked without a terminal it throws a ComplianceGuardError `no_terminal`, and the review is a failed one.
 * @throws {ComplianceGuardError} `invalid_option` where nobody says who the user is.
 */
export function terminalReviewer(options: TerminalReviewerOptions = {}): Reviewer {
  const { input = process.stdin, output = process.stderr } = options;
  const reviewerId = options.reviewerId ?? osUser();
  if (typeof reviewerId !== "string" || reviewerId.trim() === "") {
    throw new ComplianceGuardError("invalid_option", "reviewerId must be text that is not blank");
  }
  const authentication = options.reviewerId === undefined ? "os_user" : "host";
  return reviewerWith(
    (request, asked) => inTurn(input, () => reviewAt({ input, output, reviewerId }, request, asked)),
    { authentication },
  );
}

async function reviewAt(
  { input, output, reviewerId }: { input: ReadStream; output: WriteStream; reviewerId: string },
  request: ReviewRequest,
  { signal, problemWith }: ReviewerOptions,
): Promise<ReviewDecision> {
  signal.throwIfAborted();
  if (!input.isTTY || !output.isTTY) throw noTerminal();
  const session = new TerminalSession(input, output, signal);
  try {
    session.write(terminalPage(request, session.width));
    await session.dropTypedAhead();
    return await askDecision(session, request, { reviewerId, problemWith });
  } catch (error) {
    session.write("\nThis review is over, without a decision here.\n");
    throw error;
  } finally {
    session.close();
  }
}

/** The last review of each terminal: the next one waits for it. */
const turns = new WeakMap<ReadStream, Promise<unknown>>();

function inTurn<T>(input: ReadStream, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(input) ?? Promise.resolve()).then(work, work);
  turns.set(input, turn);
  return turn;
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new ComplianceGuardError(
      "invalid_option",
      "The operating system does not know its user: give terminalReviewer a reviewerId",
      { cause },
    );
  }
}

function noTerminal(): ComplianceGuardError {
  return new ComplianceGuardError(
    "no_terminal",
    "There is no terminal to ask at: input and output must both be one. Run the program in a terminal, without redirecting stdin or stderr, or use another reviewer",
  );
}
