import { isComplianceGuardError } from "../core/errors.ts";
import type { RecordedFact } from "../recorder/recorded-fact.ts";
import { type UnexecutedCall, unexecutedCall } from "./graph-node.ts";
import { answersAround, type HandledRun } from "./run-details.ts";
import type { RunRecorder } from "./run-tracker.ts";
import type { StockReview } from "./stock-review.ts";
import { decisionFact, type ReviewPlace, requestFact } from "./stock-review-facts.ts";

/** Records what a person is asked by the interrupt that ended the middleware's node. */
export async function recordRequests(
  ended: HandledRun,
  interrupt: unknown,
  recorder: RunRecorder,
): Promise<void> {
  const review = ended.details?.review;
  if (!review) return;
  const place = placeOf(ended, review);
  await keepFacts(
    recorder,
    review.requested(interrupt).map((each) => requestFact(each, place, recorder)),
  );
}

/** Records what a person decided when the graph was resumed. */
export async function recordDecisions(
  ended: HandledRun,
  outputs: unknown,
  recorder: RunRecorder,
): Promise<void> {
  const review = ended.details?.review;
  const answers = answersAround(ended);
  if (!review || !answers) return;
  const place = placeOf(ended, review);
  await keepFacts(
    recorder,
    review.decided(answers, outputs).map((each) => decisionFact(each, place, recorder)),
  );
}

/** The calls that did not run because a person rejected another one beside them. */
export function droppedCalls(review: StockReview | undefined, outputs: unknown): UnexecutedCall[] {
  return (review?.dropped(outputs) ?? []).map((call) =>
    unexecutedCall(call, "another call of the same answer was rejected"),
  );
}

function placeOf({ run, details }: HandledRun, { place }: StockReview): ReviewPlace {
  return { place, correlationId: run.correlationId, metadata: details?.metadata };
}

/** A fact that is not kept is reported and stops nothing: the middleware has done what it does. */
export async function keepFacts(recorder: RunRecorder, facts: readonly RecordedFact[]): Promise<void> {
  await Promise.all(
    facts.map(async (fact) => {
      try {
        await recorder.inTime(recorder.record(fact));
      } catch (cause) {
        recorder.reportTrouble({
          code: isComplianceGuardError(cause) ? cause.code : "record_not_kept",
          cause,
        });
      }
    }),
  );
}
