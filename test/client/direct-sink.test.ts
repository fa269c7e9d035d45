import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { type DirectSinkOptions, directSink } from "../../src/client/direct-sink.ts";
import { ApiError, ComplianceGuardError } from "../../src/core/errors.ts";
import type { OutgoingEvent } from "../../src/core/event-sink.ts";
import { caught, codeOf } from "../support/error-code.ts";
import { acknowledge, answerJson, startPlatform } from "./platform-double.ts";

const RESULT = {
  eventId: "e",
  systemId: "s",
  environmentId: "env",
  sequenceNumber: 1,
  ingestedAtUtc: "2026-05-01T12:00:00Z",
  eventHash: "h",
  receiptId: "r",
};

function eventOf(n: number, fields: object = {}): OutgoingEvent {
  const eventId = `0198c0de-0000-7000-8000-${String(n).padStart(12, "0")}`;
  return { eventId, body: Buffer.from(JSON.stringify({ eventId, ...fields })) };
}

/** A client whose posts a test answers one by one. */
function scriptedClient(post: (body: string, signal: AbortSignal | undefined) => Promise<void> | void) {
  const bodies: string[] = [];
  return {
    bodies,
    async postEventBody(body: Uint8Array, { signal }: { signal?: AbortSignal | undefined }) {
      bodies.push(Buffer.from(body).toString());
      signal?.throwIfAborted();
      await post(bodies.at(-1) ?? "", signal);
      return RESULT;
    },
    getEvent: () => Promise.reject(new ApiError(404, "")),
  };
}

/** Fails the first posts with these errors, then succeeds. */
function failingClient(...errors: ComplianceGuardError[]) {
  return scriptedClient(() => {
    const error = errors.shift();
    if (error) throw error;
  });
}

/** A clock that only waiting moves on. */
function steppedTime(): Required<Pick<DirectSinkOptions, "clock" | "wait" | "random">> & {
  delays: number[];
} {
  let nowMs = 0;
  const delays: number[] = [];
  return {
    delays,
    clock: () => nowMs,
    random: () => 1,
    wait: async (delayMs) => {
      delays.push(delayMs);
      nowMs += delayMs;
    },
  };
}

const unreachable = () => new ComplianceGuardError("network_error", "");

describe("delivery", () => {
  test("an event is kept once the platform has acknowledged it, byte for byte", async () => {
    await using platform = await startPlatform((answer, request, n) =>
      request.method === "GET" ? answerJson(answer, 404, {}) : acknowledge(answer, request, n),
    );
    await using client = new ComplianceGuardClient({ baseUrl: platform.url, apiKey: "cg_live_canary" });
    const sink = directSink(client);
    await sink.ready?.();
    const events = Array.from({ length: 30 }, (_, n) => eventOf(n, { note: "é" }));
    await Promise.all(events.map((event) => sink.submit(event)));
    const posted = platform.requests.filter(({ method }) => method === "POST").map(({ body }) => body);
    expect(posted.toSorted()).toEqual(events.map(({ body }) => body.toString()).toSorted());
    expect(await sink.close()).toEqual({ delivered: 30, waiting: 0, deadLetters: 0 });
  });

  test("trouble that may pass is waited out, longer each time", async () => {
    const time = steppedTime();
    const client = failingClient(
      unreachable(),
      new ApiError(503, ""),
      new ComplianceGuardError("invalid_answer", ""),
    );
    await directSink(client, time).submit(eventOf(1));
    expect(client.bodies).toHaveLength(4);
    expect(time.delays).toEqual([500, 1_000, 2_000]);
  });

  test("the platform's Retry-After is respected", async () => {
    const time = steppedTime();
    await directSink(failingClient(new ApiError(429, "", { retryAfterMs: 7_000 })), time).submit(eventOf(1));
    expect(time.delays).toEqual([7_000]);
  });

  test("after retryForMs the last error is thrown and no try begins", async () => {
    const time = steppedTime();
    const client = failingClient(...Array.from({ length: 99 }, unreachable));
    const sink = directSink(client, { ...time, retryForMs: 7_499 });
    expect(await codeOf(() => sink.submit(eventOf(1)))).toBe("network_error");
    expect(time.delays).toEqual([500, 1_000, 2_000]);
    expect(await sink.flush()).toEqual({ delivered: 0, waiting: 0, deadLetters: 1 });
  });

  test("half a minute is the default, and a longer Retry-After is not waited for", async () => {
    const time = steppedTime();
    const client = failingClient(
      new ApiError(503, "", { retryAfterMs: 30_000 }),
      new ApiError(503, "", { retryAfterMs: 1 }),
    );
    expect(await caught(() => directSink(client, time).submit(eventOf(1)))).toMatchObject({ status: 503 });
    expect(time.delays).toEqual([30_000]);
  });

  test.each([400, 401, 403, 404, 409, 422, 302])("a %i is final", async (status) => {
    const client = failingClient(new ApiError(status, ""));
    expect(await caught(() => directSink(client).submit(eventOf(1)))).toMatchObject({ status });
    expect(client.bodies).toHaveLength(1);
  });

  test("a 409 for a derived id means that the fact is recorded already", async () => {
    const sink = directSink(failingClient(new ApiError(409, "")));
    await sink.submit({ ...eventOf(1), hasDerivedId: true });
    expect(await sink.flush()).toMatchObject({ delivered: 1 });
  });

  test("what is too large goes once more without its payload, and says so", async () => {
    const client = failingClient(new ApiError(413, ""));
    await directSink(client, steppedTime()).submit(
      eventOf(1, { payload: { ciphertext: "x" }, version: "1" }),
    );
    expect(client.bodies.map((body) => JSON.parse(body))).toMatchObject([
      { payload: { ciphertext: "x" } },
      { eventId: eventOf(1).eventId, version: "1", systemState: { run: { payload_omitted: "too_large" } } },
    ]);
    expect(client.bodies[1]).not.toContain("ciphertext");
  });

  test("what is too large without a payload, too, is final", async () => {
    const client = failingClient(new ApiError(413, ""), new ApiError(413, ""), new ApiError(413, ""));
    const sink = directSink(client);
    expect(await caught(() => sink.submit(eventOf(1, { payload: {} })))).toMatchObject({ status: 413 });
    expect(client.bodies).toHaveLength(2);
  });

  test("the smaller body is what is tried again", async () => {
    const client = failingClient(new ApiError(413, ""), unreachable());
    await directSink(client, steppedTime()).submit(eventOf(1, { payload: {} }));
    expect(client.bodies[2]).toBe(client.bodies[1]);
    expect(client.bodies[2]).not.toBe(client.bodies[0]);
  });
});

describe("bounds", () => {
  test("so many events are sent at once: 8, or as many as were asked for", async () => {
    for (const [options, expected] of [
      [{}, 8],
      [{ concurrency: 3 }, 3],
    ] as const) {
      let running = 0;
      let most = 0;
      const client = scriptedClient(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      });
      const sink = directSink(client, options);
      await Promise.all(Array.from({ length: 40 }, (_, n) => sink.submit(eventOf(n))));
      expect(most).toBe(expected);
    }
  });

  test("an event that would make too much wait is refused, the others are sent", async () => {
    const gate = Promise.withResolvers<void>();
    const size = eventOf(1).body.length;
    const sink = directSink(
      scriptedClient(() => gate.promise),
      { maxWaitingBytes: 2 * size, concurrency: 1 },
    );
    const kept = [sink.submit(eventOf(1)), sink.submit(eventOf(2))];
    expect(await codeOf(() => sink.submit(eventOf(3)))).toBe("record_not_kept");
    expect(await sink.flush({ timeoutMs: 0 })).toEqual({ delivered: 0, waiting: 2, deadLetters: 1 });
    gate.resolve();
    await Promise.all(kept);
    await sink.submit(eventOf(4));
    expect(await sink.flush()).toEqual({ delivered: 3, waiting: 0, deadLetters: 1 });
  });

  test("room is given free again by what fails", async () => {
    const size = eventOf(1).body.length;
    const sink = directSink(failingClient(new ApiError(400, "")), { maxWaitingBytes: size });
    expect(await codeOf(() => sink.submit(eventOf(1)))).toBe("api_error");
    expect(await codeOf(() => sink.submit(eventOf(2)))).toBe("nothing thrown");
  });

  test("16 MiB may wait by default", async () => {
    const sink = directSink(scriptedClient(() => new Promise(() => {})));
    const body = Buffer.alloc(2 ** 20);
    for (let n = 0; n < 16; n++) void sink.submit({ eventId: `e${n}`, body });
    expect(await codeOf(() => sink.submit({ eventId: "e", body: Buffer.alloc(1) }))).toBe("record_not_kept");
    expect(await sink.flush({ timeoutMs: 0 })).toMatchObject({ waiting: 16 });
  });

  test("an event whose time is up before its turn is not sent", async () => {
    const gate = Promise.withResolvers<void>();
    let nowMs = 0;
    const client = scriptedClient(() => gate.promise);
    const sink = directSink(client, { concurrency: 1, clock: () => nowMs, retryForMs: 10 });
    const first = sink.submit(eventOf(1));
    const second = sink.submit(eventOf(2));
    nowMs = 11;
    gate.resolve();
    await first;
    expect(await codeOf(() => second)).toBe("record_not_kept");
    expect(client.bodies).toHaveLength(1);
  });

  test.each([
    { maxWaitingBytes: 0 },
    { maxWaitingBytes: Number.POSITIVE_INFINITY },
    { concurrency: 0 },
    { concurrency: 1.5 },
    { retryForMs: -1 },
    { retryForMs: Number.NaN },
  ])("%j is refused, naming the field", async (options) => {
    const error = await caught(() => directSink(failingClient(), options));
    expect(error?.code).toBe("invalid_option");
    expect(error?.message).toContain(Object.keys(options)[0]);
  });
});

describe("flush and close", () => {
  test("flush waits for what is on its way, also for what comes meanwhile", async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let posts = 0;
    const sink = directSink(scriptedClient(() => gates[posts++]?.promise));
    const first = sink.submit(eventOf(1));
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const flushed = sink.flush();
    expect(timers()).toBe(before);
    const second = sink.submit(eventOf(2));
    gates[0]?.resolve();
    await first;
    gates[1]?.resolve();
    await second;
    expect(await flushed).toEqual({ delivered: 2, waiting: 0, deadLetters: 0 });
  });

  test("flush leaves no timer behind", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const gate = Promise.withResolvers<void>();
    const sink = directSink(scriptedClient(() => gate.promise));
    const submitted = sink.submit(eventOf(1));
    const flushed = sink.flush({ timeoutMs: 60_000 });
    expect(timers()).toBe(before + 1);
    gate.resolve();
    await submitted;
    expect(await flushed).toMatchObject({ delivered: 1, waiting: 0 });
    expect(timers()).toBe(before);
  });

  test("flush never says done while something waits", async () => {
    const sink = directSink(scriptedClient(() => new Promise(() => {})));
    void sink.submit(eventOf(1));
    expect(await sink.flush({ timeoutMs: 5 })).toEqual({ delivered: 0, waiting: 1, deadLetters: 0 });
  });

  test("close gives up what is still on its way after the time it was given, and tells its submitter", async () => {
    const client = scriptedClient(
      (_, signal) =>
        new Promise((__, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );
    const sink = directSink(client, { concurrency: 1 });
    const kept = [sink.submit(eventOf(1)), sink.submit(eventOf(2))].map((submitted) =>
      codeOf(() => submitted),
    );
    expect(await sink.close({ timeoutMs: 0 })).toEqual({ delivered: 0, waiting: 2, deadLetters: 0 });
    expect(await Promise.all(kept)).toEqual(["record_not_kept", "record_not_kept"]);
  });

  test("close also ends the wait between tries", async () => {
    let waits: AbortSignal | undefined;
    const wait = (_: number, signal: AbortSignal) =>
      new Promise<void>((__, reject) => {
        waits = signal;
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const sink = directSink(failingClient(unreachable()), { wait });
    const submitted = codeOf(() => sink.submit(eventOf(1)));
    await sink.close({ timeoutMs: 1 });
    expect(await submitted).toBe("record_not_kept");
    expect(waits?.aborted).toBe(true);
  });

  test("a closed sink takes nothing more, from the moment close is called", async () => {
    const client = failingClient();
    const sink = directSink(client);
    const closed = sink.close();
    expect(await codeOf(() => sink.submit(eventOf(1)))).toBe("record_not_kept");
    await closed;
    expect(await sink.close()).toEqual({ delivered: 0, waiting: 0, deadLetters: 1 });
    expect(client.bodies).toEqual([]);
  });

  test("many events at once raise no warning about listeners", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    let listening: AbortSignal | undefined;
    const client = scriptedClient(async (_, signal) => {
      listening = signal;
      signal?.addEventListener("abort", () => {});
    });
    const sink = directSink(client, { concurrency: 30 });
    await Promise.all(Array.from({ length: 30 }, (_, n) => sink.submit(eventOf(n))));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(listening && getEventListeners(listening, "abort")).toHaveLength(30);
    expect(warnings).toEqual([]);
  });
});

describe("ready", () => {
  test("says early that the key is wrong", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 401, { code: "unauthorized" }));
    await using client = new ComplianceGuardClient({ baseUrl: platform.url, apiKey: "cg_live_canary" });
    expect(await caught(async () => directSink(client).ready?.())).toMatchObject({ status: 401 });
  });

  test("there is no begin: start records are kept on disk or not at all", () => {
    expect(directSink(failingClient())).not.toHaveProperty("begin");
  });
});
