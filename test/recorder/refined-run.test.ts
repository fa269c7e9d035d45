import { describe, expect, test } from "vitest";
import { reference } from "../../src/core/digest.ts";
import { NOT_SHOWN } from "../../src/recorder/not-shown.ts";
import type { RunStart } from "../../src/recorder/run.ts";
import { startRecording } from "../support/recording.ts";

const tool = (input: unknown, more: Partial<RunStart> = {}): RunStart => ({
  kind: "tool",
  name: "score",
  input: () => input,
  ...more,
});
const input = { name: "score", arguments: { id: 7 } };

describe("a run that is told again by somebody nearer to it", () => {
  test("is one event with one number, at the time it started, with what was told last", async () => {
    const { recorder, only } = startRecording();
    const run = recorder.start(tool(NOT_SHOWN, { metadata: () => ({ seen_by: "far" }) }));
    const nearer = recorder.start(
      tool(input, {
        refines: { run },
        isKnownName: true,
        correlationId: "application-7",
        metadata: () => ({ tool_call_id: "call_1" }),
      }),
    );
    expect(nearer).toBe(run);
    expect(run.inputReference).toBe(reference(input));
    await run.succeed({ output: { result: 1 } });
    const event = await only();
    expect(event).toMatchObject({
      eventId: run.eventId,
      correlationId: "application-7",
      actor: { type: "tool", name: "score" },
      systemState: { recorder: { sequence: 1 } },
      input,
      metadata: { tool_call_id: "call_1" },
    });
    expect(event.metadata["seen_by"]).toBeUndefined();
    expect(event.systemState.run["payload_omitted"]).toBeUndefined();
  });

  test("stays where it belongs, and what runs inside follows its labels", async () => {
    const { recorder, events } = startRecording();
    const parent = recorder.start({ kind: "agent", input: () => ({}), correlationId: "application-7" });
    const run = recorder.start(tool(input, { parent }));
    recorder.start(tool(input, { refines: { run }, correlationId: "application-8" }));
    const child = recorder.start({ kind: "model", input: () => ({}), parent: run });
    await Promise.all([child.succeed(), run.succeed(), parent.succeed()]);
    const [root, refined, inner] = await events();
    expect(refined?.systemState.run).toMatchObject({
      parent_id: root?.systemState.run["id"],
      root_id: root?.systemState.run["id"],
    });
    expect(inner).toMatchObject({
      correlationId: "application-8",
      systemState: { run: { parent_id: refined?.systemState.run["id"] } },
    });
  });

  test("keeps its input where that is known to be the same, and what was repaired in it", async () => {
    const { recorder, only } = startRecording();
    const run = recorder.start(tool({ ...input, lone: "\ud800" }));
    const never = (): never => {
      throw new Error("called");
    };
    const metadata = (): Record<string, unknown> => ({ more: 1 });
    recorder.start(tool(undefined, { input: never, metadata, refines: { run, keepsInput: true } }));
    await run.succeed();
    expect(await only()).toMatchObject({
      input: { ...input, lone: "\ufffd" },
      metadata: { more: 1, complianceguard: { repairs: 1 } },
    });
  });

  test("that is over, or another recorder's, is a run of its own", async () => {
    const { recorder, events } = startRecording();
    const over = recorder.start(tool(input));
    await over.succeed();
    const foreign = startRecording().recorder.start(tool(input));
    for (const run of [over, foreign]) await recorder.start(tool(input, { refines: { run } })).succeed();
    expect(new Set((await events()).map(({ eventId }) => eventId)).size).toBe(3);
  });

  test("that the options leave out takes no second number", async () => {
    const { recorder, only } = startRecording({ record: ({ kind }) => kind !== "tool" });
    const run = recorder.start(tool(input));
    expect(recorder.start(tool(input, { refines: { run } }))).toBe(run);
    await recorder.start({ kind: "model", input: () => ({}) }).succeed();
    expect((await only()).systemState.recorder.sequence).toBe(2);
  });
});

describe("content that the framework does not show", () => {
  test("is named as such, and no hash of blanks stands for it", async () => {
    const { recorder, events } = startRecording();
    await recorder.start(tool(NOT_SHOWN)).succeed({ output: { result: 1 } });
    await recorder.start(tool(input)).succeed({ output: NOT_SHOWN });
    const [hiddenInput, hiddenOutput] = await events();
    expect(hiddenInput?.inputReference).toBe(reference({ unrepresentable: "not_shown" }));
    expect(hiddenInput?.systemState.run["payload_omitted"]).toBe("not_shown");
    expect(hiddenInput?.output).toEqual({ result: 1 });
    expect(hiddenOutput?.input).toEqual(input);
    expect(hiddenOutput?.systemState.run["payload_omitted"]).toBe("not_shown");
  });

  test("is no modification of what the model proposed", async () => {
    const { recorder, events } = startRecording();
    const model = recorder.start({ kind: "model", input: () => ({}) });
    await model.succeed({ proposedCalls: [{ id: "call_1", name: "score", arguments: { id: 7 } }] });
    await recorder.start(tool(NOT_SHOWN, { toolCallId: "call_1" })).succeed();
    const [, ran] = await events();
    expect(ran?.systemState.run["arguments_modified"]).toBeUndefined();
  });

  test("shown at last, is content like any", async () => {
    const { recorder, only } = startRecording();
    await recorder.start(tool(NOT_SHOWN)).succeed({ input, output: { result: 1 } });
    const event = await only();
    expect(event.input).toEqual(input);
    expect(event.systemState.run["payload_omitted"]).toBeUndefined();
  });
});
