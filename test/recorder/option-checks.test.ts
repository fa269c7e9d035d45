import { expect, test } from "vitest";
import { isComplianceGuardError } from "../../src/core/errors.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";

const good = { sink: memorySink(), systemId: "s", version: "1", decisionClassification: "not_classified" };

const refusalOf = (options: unknown): unknown => {
  try {
    new Recorder(options as never);
    return undefined;
  } catch (error) {
    return error;
  }
};

test.each([
  ["sink", undefined],
  ["sink", null],
  ["sink", {}],
  ["sink", { submit() {}, flush() {} }],
  ["sink", { flush() {}, close() {} }],
  ["sink", { submit() {}, close() {} }],
  ["modelId", 5],
  ["modelId", ""],
  ["keys", { forEncryption() {} }],
  ["abandonAfterMs", "900"],
  ["maxWaitMs", "10"],
  ["maxContentBytes", "1"],
  ["actorName", "screener"],
  ["onError", console],
  ["onError", null],
  ["waitUntil", true],
  ["recorderEvents", "yes"],
  ["clock", { now() {} }],
  ["clock", Date],
  ["newId", "id"],
  ["record", null],
  ["record", "models"],
  ["record", []],
  ["record.models", { models: "yes" }],
  ["record.steps", { steps: null }],
  ["record.filter", { filter: true }],
  ['record has no field "constructor"', { constructor: true }],
  ["onErorr", () => {}],
  ["constructor", true],
])("%s = %o is refused, by its name", (name, value) => {
  const option = name.split(/[. ]/)[0] as string;
  const error = refusalOf({ ...good, [option]: value });
  expect(error).toMatchObject({ code: "invalid_option", message: expect.stringContaining(name) });
});

test.each([[undefined], [null], ["s"], [[]]])("options that are %o are refused", (options) => {
  expect(refusalOf(options)).toMatchObject({ code: "invalid_option" });
});

test("a refusal never holds the value, which may be a key in the wrong place", () => {
  const error = refusalOf({ ...good, keys: "secret-key" });
  expect(isComplianceGuardError(error) && error.message).not.toContain("secret-key");
});

test("undefined is as absent, and what is right is taken", () => {
  const all = {
    ...good,
    modelId: "gpt-5",
    pseudonymKey: undefined,
    record: { models: false, steps: undefined, filter: () => true },
    onFailure: "continue",
    abandonAfterMs: 1,
    actorName: undefined,
    onError: () => {},
    waitUntil: () => {},
    recorderEvents: false,
    clock: { now: () => 0, monotonic: () => 0 },
    newId: () => "019a0000-0000-7000-8000-000000000001",
  };
  expect(refusalOf(all)).toBeUndefined();
});
