import { describe, expect, expectTypeOf, test } from "vitest";
import { traceCall } from "../../src/recorder/call-trace.ts";
import { readVectors } from "../support/vectors.ts";

/** A clock that shows these times, one after the other. */
function clockOf(...times: number[]) {
  return { monotonic: () => times.shift() ?? Number.NaN };
}

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("the message of a failure", () => {
  const vectors =
    readVectors<{ message: string; truncated: string; sha256: string }[]>("error-messages.json");

  test.each(vectors)("is sent as the hash of its first 500 code points (%#)", ({ message, sha256 }) => {
    const trace = traceCall();
    expect(() =>
      trace.run(() => {
        throw new Error(message);
      }),
    ).toThrow();
    expect(trace.systemState()).toMatchObject({ performance: { provider_error_message: sha256 } });
  });

  test.each(vectors)(
    "is sent as text where that was asked for, cut all the same (%#)",
    ({ message, truncated }) => {
      const trace = traceCall({ hashErrorMessages: false });
      expect(() =>
        trace.run(() => {
          throw new Error(message);
        }),
      ).toThrow();
      expect(trace.systemState()).toMatchObject({ performance: { provider_error_message: truncated } });
    },
  );

  test("is hashed unless the option says false", () => {
    for (const hashErrorMessages of [true, undefined]) {
      const trace = traceCall({ hashErrorMessages });
      expect(() =>
        trace.run(() => {
          throw "";
        }),
      ).toThrow();
      expect(trace.systemState()).toMatchObject({ performance: { provider_error_message: EMPTY_SHA256 } });
    }
  });
});

test("a call that succeeds has its latency in whole milliseconds, rounded down", async () => {
  for (const call of [() => "answer", async () => "answer"]) {
    const trace = traceCall({ clock: clockOf(1000.6, 1250.5) });
    expect(await trace.run<string | Promise<string>>(call)).toBe("answer");
    expect(trace.systemState()).toEqual({ performance: { latency_ms: 249, provider_status: "success" } });
  }
});

test("an asynchronous call is measured until it settles", async () => {
  const gate = Promise.withResolvers<string>();
  const trace = traceCall({ clock: clockOf(0, 70) });
  const running = trace.run(() => gate.promise);
  expect(trace.systemState()).toEqual({ performance: {} });
  gate.resolve("answer");
  expect(await running).toBe("answer");
  expect(trace.systemState()).toMatchObject({ performance: { latency_ms: 70 } });
});

test("a synchronous result is given back itself, not a promise", () => {
  // biome-ignore lint/suspicious/noThenProperty: an answer may have a field of that name
  for (const result of [{ answer: 1 }, { then: "a field like any other" }, null, undefined]) {
    const trace = traceCall();
    expect(trace.run<unknown>(() => result)).toBe(result);
    expect(trace.systemState()).toMatchObject({ performance: { provider_status: "success" } });
  }
});

test("the error is thrown on unchanged, and its status told", async () => {
  const error = Object.assign(new Error(""), { status: 429 });
  const expected = { latency_ms: 5, provider_status: "429", provider_error_message: EMPTY_SHA256 };
  const synchronous = traceCall({ clock: clockOf(0, 5) });
  let thrown: unknown;
  try {
    synchronous.run(() => {
      throw error;
    });
  } catch (caught) {
    thrown = caught;
  }
  expect(thrown).toBe(error);
  expect(synchronous.systemState()).toEqual({ performance: expected });
  const asynchronous = traceCall({ clock: clockOf(0, 5) });
  await expect(asynchronous.run(() => Promise.reject(error))).rejects.toBe(error);
  expect(asynchronous.systemState()).toEqual({ performance: expected });
});

test("a thenable that starts its work with then starts it once", async () => {
  let starts = 0;
  const query = {
    // biome-ignore lint/suspicious/noThenProperty: a lazy query, as database libraries return them
    then(resolve: (rows: string[]) => void) {
      starts++;
      resolve(["row"]);
    },
  };
  expect(await traceCall().run(() => query as PromiseLike<string[]>)).toEqual(["row"]);
  expect(starts).toBe(1);
});

test("what the caller adds stands beside performance, and wins where it has the same name", async () => {
  const trace = traceCall({ clock: clockOf(0, 1) });
  trace.run(() => 1);
  expect(trace.systemState({ metrics: { accuracy: 0.5 } })).toEqual({
    performance: { latency_ms: 1, provider_status: "success" },
    metrics: { accuracy: 0.5 },
  });
  expect(trace.systemState({ performance: 7 })).toEqual({ performance: 7 });
});

test("what was given out does not change when the trace is used again", () => {
  const trace = traceCall({ clock: clockOf(0, 1, 0, 2) });
  trace.run(() => 1);
  const first = trace.systemState();
  trace.run(() => 1);
  expect(first).toMatchObject({ performance: { latency_ms: 1 } });
  expect(trace.systemState()).toMatchObject({ performance: { latency_ms: 2 } });
});

test("a failure after a success, and the other way round, leaves nothing of the other", () => {
  const trace = traceCall({ clock: clockOf(0, 1, 0, 2) });
  expect(() =>
    trace.run(() => {
      throw new TypeError();
    }),
  ).toThrow();
  trace.run(() => 1);
  expect(trace.systemState()).toEqual({ performance: { latency_ms: 2, provider_status: "success" } });
});

test("the types of results are kept", () => {
  const trace = traceCall();
  expectTypeOf(trace.run(() => 7)).toEqualTypeOf<number>();
  expectTypeOf(trace.run(async () => "answer")).toEqualTypeOf<Promise<string>>();
});

test("the system's clock measures where none is given", () => {
  const trace = traceCall();
  trace.run(() => 1);
  const { performance } = trace.systemState() as { performance: { latency_ms: number } };
  expect(Number.isInteger(performance.latency_ms) && performance.latency_ms >= 0).toBe(true);
});
