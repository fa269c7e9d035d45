import { expect, test } from "vitest";
import {
  expectsJson,
  keepStructuredAnswer,
  runOfStructuredAnswer,
} from "../../src/ai-sdk/structured-answers.ts";
import type { Run } from "../../src/recorder/run.ts";
import { startRecording } from "../support/recording.ts";

function setUp() {
  const { recorder } = startRecording();
  const keep = (text: string, id?: string, more: object = {}): Run => {
    const run = recorder.start({ kind: "model", input: () => ({}) });
    const content = [
      { type: "reasoning", text: "hm" },
      ...[...text].map((each) => ({ type: "text", text: each })),
    ];
    keepStructuredAnswer(recorder, run, { content, response: { id }, ...more });
    return run;
  };
  const find = (text: string, responseId?: string) => runOfStructuredAnswer(recorder, { responseId, text });
  return { keep, find };
}

test("an answer is found by its id, whatever middleware or a repair made of its text", () => {
  const { keep, find } = setUp();
  const run = keep("```[1]```", "resp_1");
  keep("[2]", "resp_2");
  expect(find("[1]", "resp_1")).toBe(run);
});

test("an answer without an id is found by its text, the latest first", () => {
  const { keep, find } = setUp();
  keep("[1]");
  const run = keep("[1]");
  keep("[2]");
  expect(find("[1]", "made-up-by-the-framework")).toBe(run);
  expect(find("[3]", "made-up-by-the-framework")).toBeUndefined();
});

test("an answer with another id is never taken, though its text is the same", () => {
  const { keep, find } = setUp();
  keep("[1]", "resp_1");
  expect(find("[1]", "resp_2")).toBeUndefined();
});

test("several answers of one id are told apart by their text, or not at all", () => {
  const { keep, find } = setUp();
  const run = keep("[1]", "resp_1");
  keep("[2]", "resp_1");
  expect(find("[1]", "resp_1")).toBe(run);
  expect(find("[3]", "resp_1")).toBeUndefined();
});

test("the text is the one the provider names as the structured output, where it names one", () => {
  const { keep, find } = setUp();
  const run = keep("let me think", undefined, { structuredOutputText: "[1]" });
  expect(find("[1]")).toBe(run);
  expect(find("let me think")).toBeUndefined();
});

test("only a call that asks for JSON may fail a schema", () => {
  expect(expectsJson({ responseFormat: { type: "json" } })).toBe(true);
  expect(expectsJson({ responseFormat: { type: "text" } })).toBe(false);
  expect(expectsJson({})).toBe(false);
});
