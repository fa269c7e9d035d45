import { describe, expect, test } from "vitest";
import { reference } from "../../src/core/digest.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";

function setUp(options: Partial<RecorderOptions> = {}) {
  const sink = memorySink();
  const troubles: Trouble[] = [];
  const recorder = new Recorder({
    sink,
    systemId: "s",
    version: "1",
    decisionClassification: "not_classified",
    onError: (trouble) => troubles.push(trouble),
    ...options,
  });
  // What JavaScript lets through where TypeScript does not.
  const start = (...given: readonly unknown[]) => recorder.start(...(given as [never]));
  const codes = (): string[] => troubles.map(({ code }) => code);
  return { sink, troubles, recorder, start, codes };
}

const model = { kind: "model", input: () => "?" };

describe("what is no start of a run", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  test.each([
    ["nothing", []],
    ["null", [null]],
    ["text", ["model"]],
    ["no kind", [{}]],
    ["an unknown kind", [{ kind: "bogus", input: () => "?" }]],
    ["a kind that only objects have", [{ kind: "constructor" }]],
    ["a kind that is no text", [{ kind: 5 }]],
  ])("%s is reported once and not recorded, and nothing throws", async (_, given) => {
    const { sink, start, codes } = setUp();
    const run = start(...given);
    await run.admitted;
    await run.succeed({ output: "!" });
    expect([run.isRecorded, sink.events.length]).toEqual([false, 0]);
    expect(codes()).toEqual(["invalid_argument"]);
  });

  test("what throws when it is looked at is reported, too", async () => {
    const { start, codes } = setUp();
    await start(revoked.proxy).succeed();
    expect(codes()).toEqual(["record_not_kept"]);
  });

  test("an option of the application's own that throws costs no call", async () => {
    const ids = ["019a0000-0000-7000-8000-000000000001"];
    const newId = (): string => {
      const id = ids.pop();
      if (id === undefined) throw new Error("no more ids");
      return id;
    };
    const { start, codes } = setUp({ newId });
    const run = start(model);
    await run.succeed();
    expect([run.isRecorded, codes()]).toEqual([false, ["record_not_kept"]]);
  });

  test("under a policy that blocks its call is refused", async () => {
    const sink = { ...memorySink(), begin: async () => {} };
    const { start } = setUp({ sink, onFailure: "block" });
    await expect(start({ kind: "bogus" }).admitted).rejects.toMatchObject({ code: "record_not_kept" });
  });
});

describe("fields of a start that are not of their type", () => {
  test.each([
    ["correlationId", 5, "invalid_option"],
    ["correlationId", "", "invalid_option"],
    ["dataSubjects", "bob", "invalid_option"],
    ["runId", 5, "invalid_argument"],
    ["threadId", {}, "invalid_argument"],
    ["framework", 5, "invalid_argument"],
    ["frameworkVersion", 5, "invalid_argument"],
    ["toolCallId", {}, "invalid_argument"],
    ["declaredTools", 5, "invalid_argument"],
    ["declaredTools", [5], "invalid_argument"],
    ["answeredToolCallIds", "call_1", "invalid_argument"],
    ["metadata", { desk: "Utrecht" }, "invalid_argument"],
  ])("%s = %j is left out of the event and reported once", async (name, value, code) => {
    const { sink, start, codes } = setUp();
    const run = start({ ...model, [name]: value });
    await run.succeed({ output: "!" });
    expect(codes()).toEqual([code]);
    expect(sink.events).toMatchObject([
      {
        correlationId: run.eventId,
        inputReference: reference("?"),
        systemState: { run: { id: run.eventId } },
      },
    ]);
    const state = sink.events[0]?.systemState?.["run"] ?? {};
    expect(sink.events[0]?.dataSubjects).toBeUndefined();
    expect(Object.keys(state).sort()).toEqual(["id", "kind", "root_id"]);
  });

  test.each([[undefined], ["?"]])(
    "input = %j is reported, and the event says that there is none",
    async (input) => {
      const { sink, start, codes } = setUp();
      await start({ kind: "model", input }).succeed();
      expect(codes()).toEqual(["invalid_argument"]);
      expect(sink.events).toMatchObject([{ inputReference: reference({ unrepresentable: "input" }) }]);
    },
  );

  test("several are reported each", () => {
    const { start, codes } = setUp();
    start({ ...model, correlationId: 5, dataSubjects: 5, runId: 5 });
    expect(codes().sort()).toEqual(["invalid_argument", "invalid_option", "invalid_option"]);
  });
});

describe("withContext", () => {
  test.each([
    [{ correlationId: 5 }, 1],
    [{ dataSubjects: "bob" }, 1],
    [{ correlationId: "", dataSubjects: [5] }, 2],
    ["application-7", 1],
    [undefined, 0],
  ])("%j leaves the outer context, is reported once, and what is inside runs", async (context, reports) => {
    const { sink, recorder, start, codes } = setUp();
    await recorder.withContext({ correlationId: "outer", dataSubjects: ["p7"] }, async () => {
      const result = await recorder.withContext(context as never, async () => {
        await start(model).succeed();
        await start(model).succeed();
        return "done";
      });
      expect(result).toBe("done");
    });
    expect(codes()).toEqual(Array.from({ length: reports }, () => "invalid_option"));
    const inherited = { correlationId: "outer", dataSubjects: ["p7"] };
    expect(sink.events).toMatchObject([inherited, inherited]);
  });
});
