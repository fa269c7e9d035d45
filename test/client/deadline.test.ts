import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { withinDeadline } from "../../src/client/deadline.ts";
import { caught, codeOf } from "../support/error-code.ts";

const never = new Promise<never>(() => {});
const LONG_MS = 60_000;

test("what the operation gives or throws comes through unchanged", async () => {
  expect(await withinDeadline(LONG_MS, undefined, async () => 7)).toBe(7);
  const own = new Error("own");
  await expect(withinDeadline(LONG_MS, undefined, () => Promise.reject(own))).rejects.toBe(own);
});

test("an operation that ignores its signal is left at the deadline", async () => {
  expect(await codeOf(() => withinDeadline(1, undefined, () => never))).toBe("timeout");
});

test("the operation's signal fires at the deadline, with the error the caller gets as its reason", async () => {
  let reason: unknown;
  const error = await caught(() =>
    withinDeadline(1, undefined, ({ signal }) => {
      signal.addEventListener("abort", () => {
        reason = signal.reason;
      });
      return never;
    }),
  );
  expect(error?.code).toBe("timeout");
  expect(reason).toBe(error);
});

test("an error that the abort itself caused does not hide why", async () => {
  const operation = ({ signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error("socket closed"))),
    );
  expect(await codeOf(() => withinDeadline(1, undefined, operation))).toBe("timeout");
});

test("the caller's abort ends it with the caller's reason as cause", async () => {
  const controller = new AbortController();
  const call = withinDeadline(LONG_MS, controller.signal, () => never);
  const reason = { why: "user left" };
  controller.abort(reason);
  const error = await caught(() => call);
  expect(error?.code).toBe("aborted");
  expect(error?.cause).toBe(reason);
});

test("an operation does not begin where the caller has given up already", async () => {
  let hasBegun = false;
  const begin = async () => {
    hasBegun = true;
  };
  expect(await codeOf(() => withinDeadline(LONG_MS, AbortSignal.abort(), begin))).toBe("aborted");
  expect(hasBegun).toBe(false);
});

test("nothing listens to the caller's signal after the end", async () => {
  const { signal } = new AbortController();
  await withinDeadline(LONG_MS, signal, async () => {
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
  });
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("no timer is left behind", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  await withinDeadline(LONG_MS, undefined, async () => {
    expect(timers()).toBe(before + 1);
  });
  expect(timers()).toBe(before);
});

test("the time left shrinks from the whole", async () => {
  const left = await withinDeadline(LONG_MS, undefined, async ({ remainingMs }) => remainingMs());
  expect(left).toBeLessThanOrEqual(LONG_MS);
  expect(left).toBeGreaterThan(0);
});
