import { randomBytes } from "node:crypto";
import { decryptEvent } from "../../src/core/decrypt-event.ts";
import type { EventBody } from "../../src/core/event.ts";
import { fixedKey } from "../../src/core/keys.ts";
import { type MemorySink, memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";

/** An event of a run, with what was sealed in it. */
export interface RecordedEvent extends EventBody {
  readonly systemState: {
    readonly performance: Readonly<Record<string, string | number>>;
    readonly run: Readonly<Record<string, string | boolean>>;
    readonly recorder: { readonly id: string; readonly sequence: number };
  };
  readonly input: { readonly messages: readonly unknown[] } & Readonly<Record<string, unknown>>;
  readonly output: { readonly messages?: readonly unknown[]; readonly result?: unknown };
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A real recorder with a sink in memory, and its events opened. */
export interface Recording {
  readonly recorder: Recorder;
  readonly sink: MemorySink;
  readonly troubles: readonly Trouble[];
  /** Everything recorded so far, in the order of the sequence. */
  events(): Promise<readonly RecordedEvent[]>;
  /** The one event there is. */
  only(): Promise<RecordedEvent>;
}

export function startRecording(options: Partial<RecorderOptions> = {}): Recording {
  const sink = memorySink();
  const key = randomBytes(32);
  const troubles: Trouble[] = [];
  const recorder = new Recorder({
    sink,
    systemId: "cv-screening-prod",
    version: "2026.05.01",
    decisionClassification: "automated_decision",
    keys: fixedKey(key, "test"),
    onError: (trouble) => troubles.push(trouble),
    ...options,
  });
  const events = async (): Promise<readonly RecordedEvent[]> => {
    await recorder.flush();
    const opened = sink.events.map(async (event) => ({ ...event, ...(await decryptEvent(event, key)) }));
    const all = (await Promise.all(opened)) as unknown as RecordedEvent[];
    return all.sort((left, right) => sequenceOf(left) - sequenceOf(right));
  };
  const only = async (): Promise<RecordedEvent> => {
    const [event, ...others] = await events();
    if (!event || others.length > 0) throw new Error(`expected one event, there are ${sink.events.length}`);
    return event;
  };
  return { recorder, sink, troubles, events, only };
}

/** `provider_status` of an event. */
export function statusOf(event: RecordedEvent | undefined): unknown {
  return event?.systemState.performance["provider_status"];
}

/** The number of the attempt. */
export function attemptOf(event: RecordedEvent): unknown {
  return event.systemState.performance["attempt"];
}

function sequenceOf(event: RecordedEvent): number {
  return event.systemState.recorder.sequence;
}
