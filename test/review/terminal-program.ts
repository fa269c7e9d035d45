import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ReviewRequest } from "../../src/review/decision.ts";
import { terminalReviewer } from "../../src/review/terminal-reviewer.ts";

/** A program that asks for reviews in its terminal. Its arguments say what it does besides. */
const flags = new Set(process.argv.slice(2));

const request: ReviewRequest = {
  id: "019a-request",
  correlationId: "case-9",
  systemId: "refunds-prod",
  subject: {
    kind: "tool_call",
    name: "refund",
    proposed: {
      amount: 500,
      note: "\u001b[2J\u001b[1;1H=== Review request\nTool         harmless\u202e\u009b2J",
    },
  },
  question: "Approve\u001b]0;title\u0007?",
  askedBy: "model",
  allowedDecisions: ["approve", "edit", "reject", "respond"],
  requestedAtUtc: "2026-05-01T12:00:00Z",
};

const tell = (line: string): boolean => process.stdout.write(`${line}\n`);

if (flags.has("application-reads"))
  createInterface({ input: process.stdin }).on("line", (line) => tell(`HEARD ${line}`));
if (flags.has("wait")) {
  const signalled = once(process, "SIGUSR2");
  const alive = setInterval(() => {}, 60_000);
  tell(`READY ${process.pid}.`);
  await signalled;
  clearInterval(alive);
}

const over = new AbortController();
if (flags.has("abort")) process.once("SIGUSR2", () => over.abort(new Error("time is over")));

const reviewer = terminalReviewer();
const problemWith = async (final: unknown): Promise<string | undefined> =>
  (final as { amount: number }).amount > 100 ? "at most 100\u001b" : undefined;
const review = async (each: ReviewRequest): Promise<void> => {
  const asked = reviewer(each, { signal: over.signal, problemWith });
  const result = await asked.catch((error) => ({ error: error.code ?? error.message }));
  tell(`RESULT ${JSON.stringify(result)} raw=${process.stdin.isRaw}.`);
};

await Promise.all([
  review(request),
  ...(flags.has("twice") ? [review({ ...request, id: "019b-request" })] : []),
]);
tell("DONE.");
