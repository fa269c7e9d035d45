import type { EventBody } from "../../src/core/event.ts";
import { fixedKey } from "../../src/core/keys.ts";
import { type MemorySink, memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";
import type { ReviewDecision, ReviewRequest } from "../../src/review/decision.ts";
import type { Reviewer } from "../../src/review/reviewer.ts";
import { hostReviewer } from "../../src/review/reviewer.ts";

/** An event as the JSON it is. */
// biome-ignore lint/suspicious/noExplicitAny: bodies are read as the JSON they are
export type Body = any;

export const payloadKey: Buffer = Buffer.alloc(32, 7);

/** A recorder over a sink in memory, with the payloads sealed under `payloadKey` and a clock that stands still. */
export function recording(options: Partial<RecorderOptions> = {}): {
  recorder: Recorder;
  sink: MemorySink;
  troubles: Trouble[];
  clock: { wall: number; now(): number; monotonic(): number };
  reviews: () => Body[];
} {
  const sink = memorySink();
  const troubles: Trouble[] = [];
  const clock = { wall: Date.UTC(2026, 4, 1, 12), now: () => clock.wall, monotonic: () => 0 };
  const recorder = new Recorder({
    sink,
    systemId: "refunds-prod",
    version: "2026.05.01",
    decisionClassification: "automated_decision",
    keys: fixedKey(payloadKey, "k1"),
    onError: (trouble) => troubles.push(trouble),
    clock,
    ...options,
  });
  const reviews = (): Body[] => sink.events.filter((event: EventBody) => event.humanOversight !== undefined);
  return { recorder, sink, troubles, clock, reviews };
}

/** A reviewer the application vouches for, who gives these decisions one after the other and remembers what was asked. */
export function deciding(...decisions: readonly unknown[]): { reviewer: Reviewer; asked: ReviewRequest[] } {
  const asked: ReviewRequest[] = [];
  const reviewer = hostReviewer(async (request) => {
    asked.push(request);
    return decisions[asked.length - 1] as ReviewDecision;
  });
  return { reviewer, asked };
}
