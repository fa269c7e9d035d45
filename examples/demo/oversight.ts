import type { ComplianceGuardClient, Recorder } from "complianceguard";
import { hostReviewer, reviewOutput, terminalReviewer } from "complianceguard/review";
import { statedAnswer } from "./job.ts";
import { listed } from "./output.ts";

/** Asks a person about an agent's answer: in the terminal where there is one, else a stated answer stands for the person. */
export async function reviewAnswer(
  recorder: Recorder,
  client: ComplianceGuardClient,
  { answer, correlationId }: { answer: string; correlationId: string },
): Promise<void> {
  const hasTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  if (!hasTerminal) console.log("  no terminal here: a stated answer is used in place of a person's");
  const reviewer = hasTerminal
    ? terminalReviewer()
    : hostReviewer(async () => ({ type: "edit", reviewerId: "demo-reviewer", ...statedAnswer }));

  const events = await listed(client.listEvents({ correlationId }));
  const decision = events.findLast(({ actor }) => actor?.type === "model");
  const outcome = await reviewOutput({
    recorder,
    reviewer,
    correlationId,
    reviewedEventId: decision?.eventId,
    proposed: answer,
    question: "Is this decision right? Edit it, approve it or reject it.",
  });
  console.log(`  the decision was ${outcome.decision}`);
}
