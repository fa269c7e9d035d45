import type { ComplianceGuardClient, Recorder } from "complianceguard";
import { type Reviewer, reviewOutput, terminalReviewer } from "complianceguard/review";
import { statedAnswer } from "./job.ts";
import { listed } from "./output.ts";

/** No person stands behind it, so it claims no authentication: its decision is recorded as unattributed, not as human. */
const scripted: Reviewer = async () => ({ type: "edit", reviewerId: "stated-answer", ...statedAnswer });

/** Has an agent's answer reviewed: by a person where there is a terminal, else by an answer that is stated here. */
export async function reviewAnswer(
  recorder: Recorder,
  client: ComplianceGuardClient,
  { answer, correlationId }: { answer: string; correlationId: string },
): Promise<void> {
  const hasTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  if (!hasTerminal)
    console.log("  no terminal here: a stated answer is used in place of a person's, and recorded as such");

  const events = await listed(client.listEvents({ correlationId }));
  const decision = events.findLast(({ actor }) => actor?.type === "model");
  const outcome = await reviewOutput({
    recorder,
    reviewer: hasTerminal ? terminalReviewer() : scripted,
    correlationId,
    reviewedEventId: decision?.eventId,
    proposed: answer,
    question: "Is this decision right? Edit it, approve it or reject it.",
  });
  console.log(`  the decision was ${outcome.decision}`);
}
