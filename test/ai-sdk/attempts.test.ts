import { expect, test } from "vitest";
import { type AttemptedCall, Attempts } from "../../src/ai-sdk/attempts.ts";

const clock = { ms: 0 };

function setUp() {
  clock.ms = 0;
  const attempts = new Attempts(() => clock.ms);
  const begin = (call: Partial<AttemptedCall> = {}) =>
    attempts.begin({
      prompt: [],
      tie: { objects: [], isSure: false },
      model: "openai gpt-5",
      keepsPrompt: true,
      inputReference: () => "question",
      ...call,
    });
  return { begin };
}

/** What attempts share that have this object in common. */
const by = (object: object, isSure = true) => ({ tie: { objects: [object], isSure } });

test("what comes with the prompt object of an attempt that failed is the next, however late", () => {
  const { begin } = setUp();
  const prompt: unknown[] = [];
  begin({ prompt }).failed("question");
  clock.ms = 1e9;
  const second = begin({ prompt });
  second.failed("question");
  expect([second.number, begin({ prompt }).number]).toEqual([2, 3]);
});

test("an attempt that did not fail has no next", () => {
  const { begin } = setUp();
  const prompt: unknown[] = [];
  begin({ prompt });
  expect(begin({ prompt }).number).toBe(1);
});

test("a failure has one retry, and counts once however often it is told", () => {
  const { begin } = setUp();
  const prompt: unknown[] = [];
  const first = begin({ prompt });
  first.failed("question");
  first.failed("question");
  expect([begin({ prompt }).number, begin({ prompt }).number]).toEqual([2, 1]);
});

test("where the prompt is made anew, an object of the call and the question tell the attempts of one call", () => {
  const { begin } = setUp();
  const call = { ...by(new AbortController().signal), keepsPrompt: false };
  const numbers = [1, 2, 3].map(() => {
    const attempt = begin(call);
    attempt.failed("question");
    return attempt.number;
  });
  expect(numbers).toEqual([1, 2, 3]);
  expect(begin({ ...call, inputReference: () => "another question" }).number).toBe(1);
  expect(begin({ ...call, ...by({}) }).number).toBe(1);
  expect(begin({ ...call, model: "openai gpt-5-mini" }).number).toBe(1);
  expect(begin({ ...call, inputReference: () => undefined }).number).toBe(1);
  expect(begin(call).number).toBe(4);
});

test("calls side by side with one object and one question do not count each other", () => {
  const { begin } = setUp();
  const call = { ...by({}), keepsPrompt: false };
  const first = [begin(call), begin(call)];
  for (const attempt of first) attempt.failed("question");
  const second = [begin(call), begin(call)];
  for (const attempt of second) attempt.failed("question");
  const third = [begin(call), begin(call)];
  const numbers = [...first, ...second, ...third, begin(call)].map(({ number }) => number);
  expect(numbers).toEqual([1, 1, 2, 2, 3, 3, 1]);
});

test("an object of the call ties attempts together for two minutes: frameworks do not wait longer", () => {
  const { begin } = setUp();
  const call = { ...by({}), keepsPrompt: false };
  begin(call).failed("question");
  begin(call).failed("question");
  clock.ms = 120_000;
  expect(begin(call).number).toBe(3);
  begin(call).failed("question");
  clock.ms += 120_001;
  expect(begin(call).number).toBe(1);
});

test("a retry that the prompt shows is not counted again by an object of the call", () => {
  const { begin } = setUp();
  const tied = by({}, false);
  const prompt: unknown[] = [];
  begin({ prompt, ...tied }).failed("question");
  begin({ prompt, ...tied });
  expect(begin(tied).number).toBe(1);
});

test("where nothing ties attempts together no number is given, not a wrong one", () => {
  const { begin } = setUp();
  const call = { keepsPrompt: false };
  const first = begin(call);
  first.failed("question");
  expect([first.number, begin(call).number]).toEqual([undefined, undefined]);
  expect(begin({ ...call, prompt: undefined }).number).toBeUndefined();
});

test("where everything may be made anew for each attempt, what may be a retry has no number", () => {
  const { begin } = setUp();
  const begun = (call: Partial<AttemptedCall> = {}) => begin({ ...by({}, false), ...call }).number;
  begin(by({}, false)).failed("question");
  expect([begun(), begun({ tie: { objects: [], isSure: false } })]).toEqual([undefined, undefined]);
  expect(begun({ inputReference: () => "another question" })).toBe(1);
  expect(begun({ model: "openai gpt-5-mini" })).toBe(1);
  expect(begun(by({}))).toBe(1);
  clock.ms = 120_001;
  expect(begun()).toBe(1);
});

test("a failure whose retry came leaves no doubt about others", () => {
  const { begin } = setUp();
  const prompt: unknown[] = [];
  begin({ prompt }).failed("question");
  begin({ prompt });
  expect(begin(by({}, false)).number).toBe(1);
});

test("a question is read only where a failure waits for its retry, and once", () => {
  const { begin } = setUp();
  let reads = 0;
  const inputReference = () => `question ${++reads}`;
  const tied = by({}, false);
  begin({ ...tied, inputReference }).failed("question");
  expect(reads).toBe(0);
  begin({ ...tied, inputReference });
  expect(reads).toBe(1);
});

test("of an object that lives on, the latest hundred failures are kept", () => {
  const { begin } = setUp();
  const call = { ...by({}), keepsPrompt: false };
  for (let count = 0; count < 101; count++) {
    begin({ ...call, inputReference: () => "other" }).failed(`question ${count}`);
  }
  expect(begin({ ...call, inputReference: () => "question 0" }).number).toBe(1);
  expect(begin({ ...call, inputReference: () => "question 1" }).number).toBe(2);
});
