import { expect, test } from "vitest";
import type { EventSink } from "../../src/core/event-sink.ts";
import { type MemorySink, memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";

/** A memory sink that refuses events while it `isFull`. */
function fillingSink(): { sink: EventSink; memory: MemorySink; isFull: boolean } {
  const memory = memorySink();
  const state = {
    memory,
    isFull: false,
    sink: {
      ...memory,
      submit: async (event) => {
        if (state.isFull) throw new Error("full");
        await memory.submit(event);
      },
    } satisfies EventSink,
  };
  return state;
}

function recorderOn(sink: EventSink, options: Partial<RecorderOptions> = {}): Recorder {
  const fixed = {
    systemId: "s",
    version: "1",
    decisionClassification: "not_classified",
    recorderEvents: true,
  };
  return new Recorder({ ...fixed, sink, onError: () => {}, ...options });
}

const run = (recorder: Recorder, name = "kept") =>
  recorder.start({ kind: "model", name, input: () => ({}) }).succeed({});

interface Lifecycle {
  readonly lifecycle?: { readonly event: string; readonly sequences?: readonly [number, number][] };
  readonly recorder: { readonly sequence: number };
}

const statesOf = (memory: MemorySink): Lifecycle[] =>
  memory.events.map(({ systemState }) => systemState as unknown as Lifecycle);

test("before its first event a recorder says that it started, with what it records; at its close what it counted", async () => {
  const { sink, memory } = fillingSink();
  const recorder = recorderOn(sink, { record: { steps: true, filter: ({ name }) => name !== "not" } });
  await run(recorder);
  await run(recorder, "not");
  await recorder.close();
  const states = statesOf(memory);
  expect(states.map(({ lifecycle, recorder: { sequence } }) => [sequence, lifecycle?.event])).toEqual([
    [1, "started"],
    [2, undefined],
    [4, "stopped"],
  ]);
  expect(states[0]?.lifecycle).toEqual({
    event: "started",
    versions: { complianceguard: expect.stringMatching(/^\d/), node: process.versions.node },
    record: { steps: true, filtered: true },
    on_failure: "continue",
  });
  expect(states[2]?.lifecycle).toEqual({
    event: "stopped",
    runs_started: 2,
    runs_recorded: 1,
    runs_left_out: 1,
    events_failed: 0,
  });
  expect(memory.events.map(({ actor }) => actor?.type)).toEqual(["recorder", "model", "recorder"]);
});

test("after a loss the first event states which numbers are missing", async () => {
  const state = fillingSink();
  const recorder = recorderOn(state.sink);
  await run(recorder);
  state.isFull = true;
  await run(recorder);
  await run(recorder);
  state.isFull = false;
  await run(recorder);
  await recorder.close();
  const states = statesOf(state.memory);
  expect(states.map(({ lifecycle }) => lifecycle?.event)).toEqual([
    "started",
    undefined,
    "lost",
    undefined,
    "stopped",
  ]);
  // Two lost runs, and between them the statement of the first loss, which was lost itself.
  const numbers = states.map(({ recorder: { sequence } }) => sequence);
  const missing = Array.from({ length: Math.max(...numbers) }, (_, index) => index + 1).filter(
    (sequence) => !numbers.includes(sequence),
  );
  expect(states[2]?.lifecycle).toEqual({ event: "lost", sequences: [[missing[0], missing.at(-1)]] });
  expect(states[4]?.lifecycle).toMatchObject({ runs_started: 4, runs_recorded: 2, events_failed: 3 });
});

test("a recorder that recorded nothing says nothing, and with a sink of one's own none does unless it is asked to", async () => {
  const { sink, memory } = fillingSink();
  await recorderOn(sink).close();
  const silent = recorderOn(sink, { recorderEvents: undefined });
  await run(silent);
  await silent.close();
  expect(memory.events.map(({ actor }) => actor?.type)).toEqual(["model"]);
});

test("while a sink stays broken the losses are kept as ranges, and so stated when it is mended", async () => {
  const state = fillingSink();
  // Every other run is left out, so that the lost numbers do not touch.
  const record = ({ name }: { readonly name?: string | undefined }): boolean => name !== "not";
  const recorder = recorderOn(state.sink, { record });
  await run(recorder);
  state.isFull = true;
  for (let unkept = 0; unkept < 150; unkept++) {
    await run(recorder, "not");
    await run(recorder);
  }
  state.isFull = false;
  await run(recorder);
  const lost = statesOf(state.memory).find(({ lifecycle }) => lifecycle?.event === "lost");
  expect(lost?.lifecycle).toMatchObject({ approximate: true });
  expect(lost?.lifecycle).toHaveProperty("sequences.length", 100);
});

test("a recorder whose first words were lost says them again, and what is missing", async () => {
  const state = fillingSink();
  state.isFull = true;
  const recorder = recorderOn(state.sink);
  await run(recorder);
  state.isFull = false;
  await run(recorder);
  await recorder.close();
  const states = statesOf(state.memory);
  expect(states.map(({ lifecycle }) => lifecycle?.event)).toEqual(["started", "lost", undefined, "stopped"]);
  expect(states[0]?.lifecycle).toHaveProperty("versions.node", process.versions.node);
  expect(states[1]?.lifecycle).toEqual({ event: "lost", sequences: [[1, 2]] });
});

test("whatever keeps an event from being made or kept, every number is an event or stated as missing", async () => {
  const state = fillingSink();
  let isFailing = false;
  const recorder = recorderOn(state.sink, {
    systemId: () => {
      if (isFailing) throw new Error("no system");
      return "s";
    },
  });
  await run(recorder);
  isFailing = true;
  await run(recorder);
  isFailing = false;
  await expect(recorder.record({ actor: { type: "human" }, occurredAtUtc: "not a time" })).rejects.toThrow();
  await run(recorder);
  await recorder.close();
  const states = statesOf(state.memory);
  const stated = states.flatMap(({ lifecycle }) =>
    (lifecycle?.sequences ?? []).flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index),
    ),
  );
  const numbers = [...states.map(({ recorder: { sequence } }) => sequence), ...stated];
  expect(numbers.toSorted((one, other) => one - other)).toEqual(numbers.map((_, index) => index + 1));
  expect(stated).toHaveLength(2);
  expect(states.at(-1)?.lifecycle).toMatchObject({ runs_started: 3, runs_recorded: 2, events_failed: 2 });
});

test("an end that comes after the run was given up, and is lost, takes nothing from the count of runs", async () => {
  const state = fillingSink();
  const troubles: { readonly eventId?: string | undefined }[] = [];
  const recorder = recorderOn(state.sink, { onError: (trouble) => troubles.push(trouble) });
  const given = recorder.start({ kind: "model", input: () => ({}) });
  await given.abandon();
  state.isFull = true;
  await given.succeed();
  state.isFull = false;
  // It is another event, and told of like any.
  expect(troubles.map(({ eventId }) => eventId === given.eventId)).toEqual([false]);
  await recorder.close();
  const states = statesOf(state.memory);
  expect(states.map(({ lifecycle }) => lifecycle?.event)).toEqual(["started", undefined, "lost", "stopped"]);
  expect(states.at(-1)?.lifecycle).toMatchObject({ runs_started: 1, runs_recorded: 1, events_failed: 1 });
});

test.each([true, false])(
  "a call refused after it was cancelled is counted once, and not as lost where its event is kept (%s)",
  async (isKept) => {
    const state = fillingSink();
    const start = Promise.withResolvers<void>();
    const sink = { ...state.sink, begin: () => start.promise, discard: async () => {} };
    const recorder = recorderOn(sink, { onFailure: "block" });
    const refused = recorder.start({ kind: "model", input: () => ({}) });
    state.isFull = !isKept;
    await refused.cancel();
    start.reject(new Error("full"));
    await expect(refused.admitted).rejects.toThrow();
    state.isFull = false;
    await recorder.close();
    const states = statesOf(state.memory);
    expect(states.at(-1)?.lifecycle).toMatchObject({
      event: "stopped",
      runs_started: 1,
      runs_recorded: isKept ? 1 : 0,
    });
    expect(states.flatMap(({ lifecycle }) => lifecycle?.sequences ?? [])).toEqual(isKept ? [] : [[2, 2]]);
  },
);
