import { inspect } from "node:util";
import { Agent, MockAgent } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import type { ClientOptions } from "../../src/client/client-options.ts";
import { UnknownSystemError } from "../../src/core/errors.ts";
import { payloadKey } from "../../src/core/keys.ts";
import { openPayload } from "../../src/core/payload.ts";
import { caught, codeOf } from "../support/error-code.ts";
import { hex, readVectors } from "../support/vectors.ts";
import { acknowledge, answerJson, closedPort, receiptFor, startPlatform } from "./platform-double.ts";

const API_KEY = "cg_live_canary_9f2c";
const ID = "0198c0de-0000-7000-8000-00000000abcd";
const EVENT = {
  eventId: ID,
  systemId: "cv-screening-prod",
  occurredAtUtc: "2026-05-01T12:00:00Z",
  modelId: "gpt-5",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
};
const EMPTY_REFERENCE = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

const clients: ComplianceGuardClient[] = [];
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

/** A client whose waits are noted instead of waited. */
function clientOf(baseUrl: string, options: Partial<ClientOptions> = {}) {
  const delays: number[] = [];
  const wait = async (delayMs: number) => {
    delays.push(delayMs);
  };
  const client = new ComplianceGuardClient({ baseUrl, apiKey: API_KEY, random: () => 1, wait, ...options });
  clients.push(client);
  return Object.assign(client, { delays });
}

describe("what is sent", () => {
  interface Envelope {
    eventId: string;
    systemId: string;
    occurredAtUtc: string;
    keyHex: string;
    keyId: string;
    input: unknown;
    output: unknown;
    metadata: unknown;
    plaintext: string;
    inputReference: string;
    outputReference: string;
    metadataReference: string;
    payload: { aadHash: string; keyId: string };
  }

  test("an event goes out as the vectors of the Python client have it, and its payload opens again", async () => {
    await using platform = await startPlatform(acknowledge);
    const client = clientOf(platform.url);
    const vectors = readVectors<Envelope[]>("envelopes.json");
    for (const {
      eventId,
      systemId,
      occurredAtUtc,
      keyHex,
      keyId,
      plaintext,
      payload,
      ...vector
    } of vectors) {
      const { input, output, metadata, inputReference, outputReference, metadataReference } = vector;
      const identity = { eventId, systemId, occurredAtUtc };
      const key = { payloadKey: hex(keyHex), payloadKeyId: keyId };
      const result = await client.ingestEvent({ ...EVENT, ...identity, input, output, metadata, ...key });
      expect(result.eventId).toBe(eventId);
      const body = JSON.parse(platform.requests.at(-1)?.body ?? "");
      expect(body).toEqual({
        ...EVENT,
        ...identity,
        inputReference,
        outputReference,
        metadataReference,
        payload: { ...payload, ciphertext: expect.any(String), nonce: expect.stringMatching(/^[\w-]{16}$/) },
      });
      const stored = {
        ...body,
        payloadCiphertext: body.payload.ciphertext,
        payloadKeyId: body.payload.keyId,
        payloadNonce: body.payload.nonce,
        payloadAadHash: body.payload.aadHash,
      };
      const opened = openPayload(stored, payloadKey(hex(keyHex)));
      expect(`{"input":${opened.input},"metadata":${opened.metadata},"output":${opened.output}}`).toBe(
        plaintext,
      );
    }
    expect(platform.requests).toHaveLength(vectors.length);
  });

  test("request line and headers are those of the wire format, under the base URL's own path", async () => {
    await using platform = await startPlatform(acknowledge);
    await clientOf(`${platform.url}/guard//`).ingestEvent(EVENT);
    const [request] = platform.requests;
    expect(`${request?.method} ${request?.url}`).toBe("POST /guard/v1/events");
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      accept: "application/json",
      "x-api-key": API_KEY,
    });
  });

  test("every clear field is forwarded, and content only as references", async () => {
    await using platform = await startPlatform(acknowledge);
    const clear = {
      correlationId: "application-7",
      idempotencyKey: "once",
      humanOversight: { decision: "approve" },
      referenceData: [{ index: 0 }],
      systemState: { metrics: { accuracy: 0.5 } },
      dataSubjects: ["person-1"],
      actor: { type: "model" },
    };
    const content = { input: { prompt: "CANARY" }, output: "CANARY", metadata: { trace: "CANARY" } };
    await clientOf(platform.url).ingestEvent({ ...EVENT, ...clear, ...content });
    expect(JSON.parse(platform.requests[0]?.body ?? "")).toMatchObject({ ...EVENT, ...clear });
    expect(JSON.stringify(platform.requests)).not.toContain("CANARY");
  });

  test("an event without id and time gets a UUIDv7 and the clock's time in its shortest form", async () => {
    await using platform = await startPlatform(acknowledge);
    const { eventId: _, occurredAtUtc: __, ...rest } = EVENT;
    const client = clientOf(platform.url, { clock: () => Date.UTC(2026, 4, 1, 12, 0, 0, 120) });
    const result = await client.ingestEvent(rest);
    const body = JSON.parse(platform.requests[0]?.body ?? "");
    expect(body.occurredAtUtc).toBe("2026-05-01T12:00:00.12Z");
    expect(body.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(result.eventId).toBe(body.eventId);
    expect(body.inputReference).toBe(EMPTY_REFERENCE);
  });

  test("an override goes out as the wire format has it, tied to the event it reviewed", async () => {
    await using platform = await startPlatform(acknowledge);
    const { decisionClassification: _, ...identity } = EVENT;
    await clientOf(platform.url).logOverride({
      ...identity,
      requestId: "application-7",
      userId: "hr-12",
      reason: "wrong document",
      originalOutput: { answer: "deny" },
      finalOutput: {},
      reviewedEventId: ID,
      humanOversight: { interventionType: "stop", notes: null },
    });
    expect(JSON.parse(platform.requests[0]?.body ?? "")).toMatchObject({
      ...EVENT,
      correlationId: "application-7",
      decisionClassification: "automated_decision",
      outputReference: EMPTY_REFERENCE,
      humanOversight: {
        decision: "override",
        reviewerType: "human",
        reviewerId: "hr-12",
        interventionType: "stop",
        notes: "wrong document",
      },
      systemState: { review: { reviewed_event_id: ID } },
    });
  });

  test("finished bytes go out as they are", async () => {
    await using platform = await startPlatform(acknowledge);
    const body = `{"eventId":"${ID}",  "é":"\\u00e9 🦔"}`;
    const result = await clientOf(platform.url).postEventBody(Buffer.from(body), { eventId: ID });
    expect(platform.requests[0]?.body).toBe(body);
    expect(result.sequenceNumber).toBe(7);
  });

  test.each([
    [{ ...EVENT, eventId: "7" }, "invalid_argument"],
    [{ ...EVENT, modelId: "" }, "invalid_argument"],
    [{ ...EVENT, input: { score: Number.NaN } }, "not_canonicalizable"],
    [{ ...EVENT, payloadKey: "short", payloadKeyId: "k" }, "invalid_payload_key"],
    [{ ...EVENT, payloadKey: Buffer.alloc(32) }, "invalid_option"],
    [{ ...EVENT, payloadKeyId: "k" }, "invalid_option"],
  ])("nothing is sent of a bad event (%#)", async (event, code) => {
    await using platform = await startPlatform(acknowledge);
    expect(await codeOf(() => clientOf(platform.url).ingestEvent(event))).toBe(code);
    expect(platform.requests).toEqual([]);
  });
});

describe("the API key", () => {
  test("a function is asked for each request, also for a retry, and may take its time", async () => {
    await using platform = await startPlatform((answer, request, n) =>
      n === 0 ? answerJson(answer, 503, {}) : acknowledge(answer, request, n),
    );
    const keys = ["key-first", "key-second", "key-third"];
    const client = clientOf(platform.url, { apiKey: async () => keys.shift() ?? "" });
    await client.ingestEvent({ ...EVENT, idempotencyKey: ID });
    await client.ingestEvent(EVENT);
    expect(platform.requests.map(({ headers }) => headers["x-api-key"])).toEqual([
      "key-first",
      "key-second",
      "key-third",
    ]);
  });

  test("a function that fails, or gives what is no key, is an error of its own that keeps the cause", async () => {
    await using platform = await startPlatform(acknowledge);
    const cause = new Error("vault sealed");
    const failing = clientOf(platform.url, { apiKey: () => Promise.reject(cause), maxRetries: 0 });
    expect(await caught(() => failing.ingestEvent(EVENT))).toMatchObject({ code: "key_unavailable", cause });
    for (const key of ["", "line\nend", undefined as unknown as string]) {
      const client = clientOf(platform.url, { apiKey: () => key, maxRetries: 0 });
      expect(await codeOf(() => client.ingestEvent(EVENT))).toBe("key_unavailable");
    }
    expect(platform.requests).toEqual([]);
  });

  test("a function that never answers ends at the deadline", async () => {
    const client = clientOf("http://localhost", { apiKey: () => new Promise(() => {}), timeoutMs: 5 });
    expect(await codeOf(() => client.getEvent(ID))).toBe("timeout");
  });
});

describe("reading", () => {
  const STORED = { ...EVENT, inputReference: "aa", outputReference: "bb", metadataReference: "cc" };

  test("an event is asked for by its id", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 200, STORED));
    expect(await clientOf(platform.url).getEvent(ID)).toEqual(STORED);
    expect(platform.requests[0]).toMatchObject({ method: "GET", url: `/v1/events/${ID}`, body: "" });
    expect(platform.requests[0]?.headers).not.toHaveProperty("content-type");
  });

  test.each(["", "7", "../systems", `${ID}/..`, `${ID}?x`, `${ID}\n`, undefined as unknown as string])(
    "%j is no event id and never becomes part of a URL",
    async (eventId) => {
      await using platform = await startPlatform((answer) => answerJson(answer, 200, STORED));
      expect(await codeOf(() => clientOf(platform.url).getEvent(eventId))).toBe("invalid_argument");
      expect(platform.requests).toEqual([]);
    },
  );

  test("an event with a payload of several MiB can be read", async () => {
    const large = { ...STORED, payloadCiphertext: "A".repeat(3 * 2 ** 20) };
    await using platform = await startPlatform((answer) => answerJson(answer, 200, large));
    expect(await clientOf(platform.url).getEvent(ID)).toEqual(large);
  });

  const page = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => ({ ...STORED, sequenceNumber: from + n }));

  test("a listing fetches page after page, also over an empty one, as its events are asked for", async () => {
    const pages = [
      { events: page(1, 4), nextAfter: 3 },
      { events: [], nextAfter: 9 },
      { events: page(10, 11), nextAfter: null },
    ];
    await using platform = await startPlatform((answer, _, n) => answerJson(answer, 200, pages[n]));
    const seen: unknown[] = [];
    for await (const event of clientOf(platform.url).listEvents({ limit: 3, systemId: "cv" })) {
      if (seen.push(event["sequenceNumber"]) === 3) expect(platform.requests).toHaveLength(1);
    }
    expect(seen).toEqual([1, 2, 3, 10]);
    expect(platform.requests.map(({ url }) => url)).toEqual([
      "/v1/events?limit=3&systemId=cv",
      "/v1/events?after=3&limit=3&systemId=cv",
      "/v1/events?after=9&limit=3&systemId=cv",
    ]);
  });

  test("a listing that leads to the same page again ends with an error", async () => {
    await using platform = await startPlatform((answer) =>
      answerJson(answer, 200, { events: [], nextAfter: 3 }),
    );
    const list = async () => {
      for await (const _ of clientOf(platform.url).listEvents({ after: 2 }));
    };
    expect(await codeOf(list)).toBe("invalid_answer");
    expect(platform.requests).toHaveLength(2);
  });

  test("a listing can be given up between pages", async () => {
    const controller = new AbortController();
    await using platform = await startPlatform((answer) =>
      answerJson(answer, 200, { events: page(1, 2), nextAfter: 1 }),
    );
    const list = async () => {
      const events = clientOf(platform.url).listEvents({}, { signal: controller.signal });
      for await (const _ of events) controller.abort();
    };
    expect(await codeOf(list)).toBe("aborted");
    expect(platform.requests).toHaveLength(1);
  });
});

describe("retries", () => {
  test("an event with an idempotency key is tried again with the same bytes", async () => {
    await using platform = await startPlatform((answer, request, n) =>
      n < 2 ? answerJson(answer, [503, 429][n] ?? 500, {}) : acknowledge(answer, request, n),
    );
    const client = clientOf(platform.url);
    const { eventId: _, ...event } = EVENT;
    const result = await client.ingestEvent({ ...event, idempotencyKey: "once" });
    const bodies = platform.requests.map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    expect(bodies).toHaveLength(3);
    expect(JSON.parse(bodies[0] ?? "").eventId).toBe(result.eventId);
    expect(client.delays).toEqual([500, 1_000]);
  });

  test("an event without one is tried once: it could be recorded twice", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 503, {}));
    const client = clientOf(platform.url);
    for (const idempotencyKey of [undefined, null, ""]) {
      expect(await caught(() => client.ingestEvent({ ...EVENT, idempotencyKey }))).toMatchObject({
        status: 503,
      });
    }
    expect(platform.requests).toHaveLength(3);
  });

  test("finished bytes are tried once: their sink retries by itself", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 503, {}));
    const post = () => clientOf(platform.url).postEventBody(Buffer.from("{}"), { eventId: ID });
    expect(await caught(post)).toMatchObject({ status: 503 });
    expect(platform.requests).toHaveLength(1);
  });

  test("after maxRetries more tries the last error is thrown", async () => {
    await using platform = await startPlatform((answer, _, n) => answerJson(answer, 500 + n, {}));
    const error = await caught(() => clientOf(platform.url, { maxRetries: 3 }).getEvent(ID));
    expect(error).toMatchObject({ code: "api_error", status: 503 });
    expect(platform.requests).toHaveLength(4);
  });

  test("nonsense instead of an answer is tried again", async () => {
    await using platform = await startPlatform((answer, request, n) =>
      n === 0 ? answer.end("<html>") : acknowledge(answer, request, n),
    );
    await clientOf(platform.url).ingestEvent({ ...EVENT, idempotencyKey: ID });
    expect(platform.requests).toHaveLength(2);
  });

  test("an answer that stays what it is is not asked for again", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 404, {}));
    expect(await caught(() => clientOf(platform.url).getEvent(ID))).toMatchObject({ status: 404 });
    expect(platform.requests).toHaveLength(1);
  });

  test("a 503 with Retry-After: 2 is retried after two seconds", async () => {
    await using platform = await startPlatform((answer, request, n) =>
      n === 0 ? answerJson(answer, 503, {}, { "retry-after": "2" }) : acknowledge(answer, request, n),
    );
    const client = clientOf(platform.url);
    await client.ingestEvent({ ...EVENT, idempotencyKey: ID });
    expect(client.delays).toEqual([2_000]);
  });

  test("two more tries are the default", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 503, {}));
    expect(await caught(() => clientOf(platform.url).getEvent(ID))).toMatchObject({ status: 503 });
    expect(platform.requests).toHaveLength(3);
  });

  test("a Retry-After beyond the deadline of ten seconds is not waited for: the answer says more than a timeout", async () => {
    await using platform = await startPlatform((answer, _, n) =>
      answerJson(answer, 429, {}, { "retry-after": n === 0 ? "9" : "10" }),
    );
    const client = clientOf(platform.url);
    expect(await caught(() => client.getEvent(ID))).toMatchObject({ status: 429, retryAfterMs: 10_000 });
    expect(client.delays).toEqual([9_000]);
  });

  test("a Retry-After that is a date counts from the client's clock", async () => {
    const date = "Fri, 01 May 2026 12:00:30 GMT";
    await using platform = await startPlatform((answer) =>
      answerJson(answer, 503, {}, { "retry-after": date }),
    );
    const client = clientOf(platform.url, { clock: () => Date.UTC(2026, 4, 1, 12, 0, 0) });
    expect(await caught(() => client.getEvent(ID))).toMatchObject({ retryAfterMs: 30_000 });
  });

  test("the deadline also ends the wait between tries", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 503, {}));
    const client = clientOf(platform.url, {
      timeoutMs: 200,
      random: () => 0,
      wait: () => new Promise(() => {}),
    });
    expect(await codeOf(() => client.getEvent(ID))).toBe("timeout");
    expect(platform.requests).toHaveLength(1);
  });

  test("the caller's abort also ends the wait between tries", async () => {
    await using platform = await startPlatform((answer) => answerJson(answer, 503, {}));
    const controller = new AbortController();
    const wait = (_: number, signal: AbortSignal) =>
      new Promise<void>((__, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        controller.abort("user left");
      });
    const client = clientOf(platform.url, { wait });
    const error = await caught(() => client.getEvent(ID, { signal: controller.signal }));
    expect(error).toMatchObject({ code: "aborted", cause: "user left" });
    expect(platform.requests).toHaveLength(1);
  });
});

describe("options", () => {
  test.each<[string, Partial<ClientOptions>]>([
    ["baseUrl", { baseUrl: "" }],
    ["baseUrl", { baseUrl: "http://api.example.com" }],
    ["apiKey", { apiKey: "" }],
    ["apiKey", { apiKey: undefined as unknown as string }],
    ["apiKey", { apiKey: "hunter2secret\r\nx-evil: 1" }],
    ["apiKey", { apiKey: "hunter2secret\n" }],
    ["apiKey", { apiKey: " hunter2secret" }],
    ["apiKey", { apiKey: "hunter2 secret" }],
    ["apiKey", { apiKey: "hunter2secrét" }],
    ["apiKey", { apiKey: "hunter2secret\u0000" }],
    ["apiKey", { apiKey: `hunter2${"x".repeat(4_090)}` }],
    ["timeoutMs", { timeoutMs: 0 }],
    ["timeoutMs", { timeoutMs: -1 }],
    ["timeoutMs", { timeoutMs: 1.5 }],
    ["timeoutMs", { timeoutMs: Number.NaN }],
    ["timeoutMs", { timeoutMs: 2 ** 31 }],
    ["maxRetries", { maxRetries: -1 }],
    ["maxRetries", { maxRetries: 0.5 }],
    ["maxRetries", { maxRetries: Number.POSITIVE_INFINITY }],
    ["fetch", { fetch: 7 as unknown as typeof fetch }],
    ["dispatcher", { dispatcher: {} as Agent }],
    ["dispatcher", { dispatcher: new Agent(), fetch }],
  ])("a bad %s is refused at construction, by its name and without showing a key (%#)", async (name, bad) => {
    const options = { baseUrl: "https://api.example.com", apiKey: API_KEY, ...bad };
    const error = await caught(() => new ComplianceGuardClient(options));
    expect(error?.code).toBe("invalid_option");
    expect(error?.message).toContain(name);
    expect(inspect(error, { depth: 10 })).not.toContain("hunter2");
  });

  test("a key of 4,096 characters is one", async () => {
    await using platform = await startPlatform(acknowledge);
    const apiKey = "x".repeat(4_096);
    await clientOf(platform.url, { apiKey }).ingestEvent(EVENT);
    expect(platform.requests[0]?.headers["x-api-key"]).toBe(apiKey);
  });

  test("the shortest deadline is a millisecond", async () => {
    const client = clientOf("http://localhost", { apiKey: () => new Promise(() => {}), timeoutMs: 1 });
    expect(await codeOf(() => client.getEvent(ID))).toBe("timeout");
  });

  test("the longest deadline a timer keeps is accepted", async () => {
    await using platform = await startPlatform(acknowledge);
    const client = clientOf(platform.url, { timeoutMs: 2 ** 31 - 1 });
    expect((await client.ingestEvent(EVENT)).eventId).toBe(ID);
  });

  test("requests go through the caller's dispatcher, which stays open when the client is closed", async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const pool = agent.get("https://api.example.com");
    pool.intercept({ path: "/v1/events", method: "POST" }).reply(201, receiptFor(ID));
    const client = clientOf("https://api.example.com", { dispatcher: agent });
    expect((await client.ingestEvent(EVENT)).receiptId).toBe("rcpt_1");
    await client.close();
    pool.intercept({ path: "/", method: "GET" }).reply(200, "open");
    const { body } = await agent.request({ origin: "https://api.example.com", path: "/", method: "GET" });
    expect(await body.text()).toBe("open");
    await agent.close();
  });
});

describe("what can be seen", () => {
  test("inspecting or serialising a client shows no key", async () => {
    await using platform = await startPlatform(acknowledge);
    const client = clientOf(platform.url);
    await client.ingestEvent({ ...EVENT, payloadKey: Buffer.alloc(32, 0xa5), payloadKeyId: "k" });
    const shown = [inspect(client, { depth: 10, showHidden: true, getters: true }), JSON.stringify(client)];
    for (const text of shown) {
      expect(text).not.toContain(API_KEY);
      expect(text).not.toContain("a5a5");
    }
  });

  test("an unknown system is named, with the place to register it", async () => {
    const problem = { status: 404, code: "unknown_system_id", system_id: "cv-screening-prod" };
    await using platform = await startPlatform((answer) => answerJson(answer, 404, problem));
    const error = await caught(() => clientOf(platform.url).ingestEvent(EVENT));
    expect(error).toBeInstanceOf(UnknownSystemError);
    expect(error).toMatchObject({
      code: "unknown_system_id",
      status: 404,
      systemId: "cv-screening-prod",
      registrationUrl: "https://dashboard.complianceguardai.eu/systems",
    });
  });
});

describe("closing", () => {
  test("a closed client refuses calls; closing again is harmless", async () => {
    await using platform = await startPlatform(acknowledge);
    const client = clientOf(platform.url);
    await client.close();
    await client.close();
    expect(await codeOf(() => client.ingestEvent(EVENT))).toBe("invalid_argument");
    expect(await codeOf(() => client.getEvent(ID))).toBe("invalid_argument");
    expect(await codeOf(() => client.listEvents().next())).toBe("invalid_argument");
    expect(platform.requests).toEqual([]);
  });

  test("what is under way is let finish", async () => {
    const arrived = Promise.withResolvers<() => void>();
    await using platform = await startPlatform((answer, request, n) => {
      arrived.resolve(() => acknowledge(answer, request, n));
    });
    const client = clientOf(platform.url);
    const call = client.ingestEvent(EVENT);
    const finish = await arrived.promise;
    let isClosed = false;
    const closed = client.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    finish();
    expect((await call).eventId).toBe(ID);
    await closed;
  });

  test("await using closes it", async () => {
    await using platform = await startPlatform(acknowledge);
    let used: ComplianceGuardClient;
    {
      await using client = new ComplianceGuardClient({ baseUrl: platform.url, apiKey: API_KEY });
      used = client;
      await client.ingestEvent(EVENT);
    }
    expect(await codeOf(() => used.ingestEvent(EVENT))).toBe("invalid_argument");
  });

  test("a client that cannot connect closes too", async () => {
    const client = clientOf(await closedPort());
    expect(await codeOf(() => client.postEventBody(Buffer.from("{}"), { eventId: ID }))).toBe(
      "network_error",
    );
    await client.close();
  });
});
