import { uuidOf } from "../core/uuid.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import { valueComponent } from "../recorder/neutral-form.ts";
import type { RecordedFact } from "../recorder/recorded-fact.ts";
import { captureReference } from "../recorder/total-capture.ts";
import { translateMessage } from "./messages.ts";
import type { HandledRun } from "./run-details.ts";
import type { RunRecorder } from "./run-tracker.ts";
import { type Shape, shapeOf, textOf } from "./shape.ts";
import { startFacts } from "./start-context.ts";
import { keepFacts, recordRequests } from "./stock-review-events.ts";

/**
 * Records what a person is asked by the interrupt that ended a run. It passes through everything around the run, nested graphs
 * among them, so only where it came from counts.
 */
export async function recordInterrupts(
  ended: HandledRun,
  error: unknown,
  recorder: RunRecorder,
): Promise<void> {
  const { parent, details, hasAsked } = ended;
  // The framework's own review tells more: which calls it asks about, and what may be decided.
  if (hasReviewAround(parent)) return;
  if (parent) parent.hasAsked = true;
  if (hasAsked) return;
  if (details?.review) return await recordRequests(ended, error, recorder);
  const interrupts = boundedList(shapeOf<"interrupts">(error)?.interrupts);
  await keepFacts(
    recorder,
    interrupts.map((each) => interruptFact(shapeOf(each) ?? {}, ended, recorder)),
  );
}

/**
 * Records that a graph stops at a breakpoint of its own (`interruptBefore`, `interruptAfter`), which asks nothing.
 *
 * @param event What LangGraph tells its handlers of an interrupt.
 */
export async function recordBreakpoint(
  run: HandledRun,
  event: unknown,
  recorder: RunRecorder,
): Promise<void> {
  const told = shapeOf<"status" | "checkpointId" | "interrupts">(event);
  const status = textOf(told?.status);
  if (status === undefined || !/^interrupt_/.test(status) || boundedList(told?.interrupts).length > 0) return;
  const place = `${textOf(told?.checkpointId) ?? run.run.eventId}\u0000${status}`;
  const shown = { kind: "breakpoint", status };
  await keepFacts(recorder, [
    requestFact(run, place, shown, { checkpoint_id: told?.checkpointId }, recorder),
  ]);
}

type Interrupt = Shape<"id" | "value" | "response_schema">;

function interruptFact(
  { id, value, response_schema }: Interrupt,
  ended: HandledRun,
  recorder: RunRecorder,
): RecordedFact {
  const proposed = valueComponent(value, translateMessage).value;
  const shown = { kind: "interrupt", proposed, response_schema };
  const place = textOf(id) ?? placeOf(ended) ?? ended.run.eventId;
  // One node may ask several times, each time under the same id; the same question again is the same request.
  return requestFact(
    ended,
    `${place}\u0000${referenceOf(shown)}`,
    shown,
    { interrupt_id: id, checkpoint_ns: placeOf(ended) },
    recorder,
  );
}

function requestFact(
  ended: HandledRun,
  id: string,
  shown: Readonly<Record<string, unknown>>,
  metadata: Readonly<Record<string, unknown>>,
  recorder: RunRecorder,
): RecordedFact {
  const reviewed = recordedAround(ended);
  const toolCallId = ended.details?.tool?.toolCallId;
  return {
    actor: { type: "recorder" },
    correlationId: ended.run.correlationId,
    modelId: toolCallId && recorder.callOf(toolCallId, ended.run.correlationId)?.modelId,
    dataSubjects: startFacts({ metadata: metadataOf(ended) }).dataSubjects,
    input: shown,
    metadata: { ...metadata, tool_call_id: toolCallId },
    humanOversight: { decision: "pending", interventionType: "review_request" },
    review: {
      request_id: uuidOf(id),
      ...(reviewed && { reviewed_event_id: reviewed.run.eventId }),
      ...(reviewed?.run.inputReference && { reviewed_reference: reviewed.run.inputReference }),
      shown_reference: referenceOf(shown),
    },
    derivedFrom: { id, what: "review_request" },
  };
}

function hasReviewAround(run: HandledRun | undefined): boolean {
  return run !== undefined && (run.details?.review !== undefined || hasReviewAround(run.parent));
}

/** The run that waits: this one, or the nearest around it that becomes an event. */
function recordedAround(run: HandledRun | undefined): HandledRun | undefined {
  return run?.run.isRecorded ? run : run && recordedAround(run.parent);
}

function metadataOf({ details }: HandledRun): unknown {
  return details?.metadata ?? details?.tool?.metadata;
}

function placeOf(ended: HandledRun): string | undefined {
  return textOf(shapeOf<"langgraph_checkpoint_ns">(metadataOf(ended))?.langgraph_checkpoint_ns);
}

function referenceOf(component: unknown): string {
  return captureReference(component).component.reference;
}
