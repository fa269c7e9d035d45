import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { inspect } from "node:util";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { Agent } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import type { ClientOptions } from "../../src/client/client-options.ts";
import { caught, codeOf } from "../support/error-code.ts";
import {
  acknowledge,
  answerJson,
  closedPort,
  receiptFor,
  startPlatform,
  startRawServer,
} from "./platform-double.ts";

const API_KEY = "cg_live_canary/9f2c+x";
const ID = "0198c0de-0000-7000-8000-00000000abcd";
const BODY = Buffer.from(JSON.stringify({ eventId: ID, note: "BODY_CANARY" }));
const MIB = 2 ** 20;

const clients: ComplianceGuardClient[] = [];
const agents: Agent[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(agents.splice(0).map((agent) => agent.destroy()));
});

function newAgent(): Agent {
  const agent = new Agent();
  agents.push(agent);
  return agent;
}

describe.each<[string, () => Partial<ClientOptions>]>([
  ["undici's pool", () => ({})],
  ["the caller's dispatcher", () => ({ dispatcher: newAgent() })],
  ["the caller's fetch", () => ({ fetch: globalThis.fetch })],
])("over %s", (_, transport) => {
  function clientOf(baseUrl: string, options: Partial<ClientOptions> = {}): ComplianceGuardClient {
    const client = new ComplianceGuardClient({ baseUrl, apiKey: API_KEY, ...transport(), ...options });
    clients.push(client);
    return client;
  }
  const post = (client: ComplianceGuardClient, signal?: AbortSignal) =>
    client.postEventBody(BODY, { eventId: ID, signal });

  /** The error of one try, in which neither key nor body may be seen. */
  async function errorOf(client: ComplianceGuardClient, signal?: AbortSignal) {
    const error = await caught(() => post(client, signal));
    for (const shown of [inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error)]) {
      expect(shown).not.toMatch(/cg_live|BODY_CANARY/);
    }
    return error;
  }

  test("requests one after the other share their connections, also after an error", async () => {
    await using platform = await startPlatform((answer, request, n) =>
      n % 2 ? answerJson(answer, 400, {}) : acknowledge(answer, request, n),
    );
    const client = clientOf(platform.url);
    for (let n = 0; n < 12; n++) await post(client).catch(() => {});
    expect(platform.requests).toHaveLength(12);
    // Undici's pool opens a second one where the first has its answer but is not yet free again.
    expect(platform.connections).toBeLessThanOrEqual(2);
  });

  test("many requests at once are all answered", async () => {
    await using platform = await startPlatform(acknowledge);
    const client = clientOf(platform.url);
    const results = await Promise.all(Array.from({ length: 50 }, () => post(client)));
    expect(results.every(({ eventId }) => eventId === ID)).toBe(true);
  });

  test("one signal may serve many calls without a warning", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    await using platform = await startPlatform(acknowledge);
    const client = clientOf(platform.url);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => post(client, signal)));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  test("problem JSON becomes an error with status, code and body", async () => {
    const problem = { status: 400, title: "Bad", code: "raw_payload", detail: "…" };
    await using platform = await startPlatform((answer) => answerJson(answer, 400, problem));
    expect(await errorOf(clientOf(platform.url))).toMatchObject({
      code: "api_error",
      status: 400,
      problem: "raw_payload",
      body: JSON.stringify(problem),
    });
  });

  test.each([
    "",
    "<html>Bad gateway</html>",
    "null",
    "[]",
    '"text"',
    '{"code":7}',
    '{"code":"two\\nlines"}',
    "{",
  ])("an error with the body %j is one with its status and without a problem code", async (body) => {
    await using platform = await startPlatform((answer) => answer.writeHead(502).end(body));
    const error = await errorOf(clientOf(platform.url));
    expect(error).toMatchObject({ code: "api_error", status: 502, body, problem: undefined });
  });

  test("of an error's body 2,000 characters are kept", async () => {
    await using platform = await startPlatform((answer) => answer.writeHead(500).end("é".repeat(5_000)));
    expect(await errorOf(clientOf(platform.url))).toMatchObject({ body: "é".repeat(2_000) });
  });

  test("an error that never stops is cut, its status kept and its connection dropped", async () => {
    const dropped = Promise.withResolvers<void>();
    await using platform = await startPlatform((answer) => {
      answer.on("close", dropped.resolve).writeHead(503, { "retry-after": "7" });
      endless(answer);
    });
    expect(await errorOf(clientOf(platform.url))).toMatchObject({ status: 503, retryAfterMs: 7_000 });
    await dropped.promise;
  });

  test.each([
    ["as it is", API_KEY],
    ["in JSON of .NET", API_KEY.replace("+", "\\u002B")],
    ["across the place where the body is cut", `${"x".repeat(1_990)}${API_KEY}`],
  ])("an error that echoes the API key %s shows it nowhere", async (__, echo) => {
    const body = `{"code":"${echo}","detail":"X-Api-Key: ${echo}","system_id":"${echo}"}`;
    await using platform = await startPlatform((answer, ___, n) =>
      answer.writeHead([401, 403, 500][n] ?? 0).end(body),
    );
    const client = clientOf(platform.url);
    for (const status of [401, 403, 500]) expect(await errorOf(client)).toMatchObject({ status });
    const unknown = `{"code":"unknown_system_id","system_id":"${echo.slice(-100)}"}`;
    await using other = await startPlatform((answer) => answer.writeHead(404).end(unknown));
    expect(await errorOf(clientOf(other.url))).toMatchObject({ code: "unknown_system_id" });
  });

  test.each([301, 302, 303, 307, 308])("a redirect (%i) is an error and not followed", async (status) => {
    await using target = await startPlatform(acknowledge);
    await using platform = await startPlatform((answer) =>
      answer.writeHead(status, { location: `${target.url}/v1/events` }).end(),
    );
    expect(await errorOf(clientOf(platform.url))).toMatchObject({ code: "api_error", status });
    expect(target.requests).toEqual([]);
    expect(platform.requests).toHaveLength(1);
  });

  test.each([0, 1, 7])(
    "an answer that is %i bytes over a MiB is refused, one of a MiB is read",
    async (excess) => {
      const receipt = JSON.stringify(receiptFor(ID));
      const padded = receipt + " ".repeat(MIB - receipt.length + excess);
      await using platform = await startPlatform((answer) => answer.writeHead(201).end(padded));
      expect(await codeOf(() => post(clientOf(platform.url)))).toBe(
        excess ? "invalid_answer" : "nothing thrown",
      );
    },
  );

  test("an answer that never stops is refused while it is read, and its connection dropped", async () => {
    const dropped = Promise.withResolvers<void>();
    await using platform = await startPlatform((answer) => {
      answer.on("close", dropped.resolve).writeHead(200);
      endless(answer);
    });
    const client = clientOf(platform.url);
    expect(await errorOf(client)).toMatchObject({ code: "invalid_answer" });
    await dropped.promise;
  });

  test("a Content-Length that says too little gives no answer, one that says too much no complete one", async () => {
    const receipt = JSON.stringify(receiptFor(ID));
    await using server = await startRawServer((socket, request) => {
      const length = request.includes("/little/") ? 20 : 20 * MIB;
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${receipt}`);
    });
    expect(await errorOf(clientOf(`${server.url}/little`))).toMatchObject({ code: "invalid_answer" });
    expect(await errorOf(clientOf(`${server.url}/much`))).toMatchObject({ code: "network_error" });
  });

  test.each<[string, (baseUrl: string) => Promise<{ url: string } & Partial<AsyncDisposable>>]>([
    ["a port where nobody listens", async () => ({ url: await closedPort() })],
    ["a connection reset before the answer", () => startRawServer((socket) => socket.resetAndDestroy())],
    ["a connection closed before the answer", () => startRawServer((socket) => socket.end())],
    [
      "an answer cut in its headers",
      () => startRawServer((socket) => socket.end("HTTP/1.1 200 OK\r\nConte")),
    ],
    [
      "an answer cut in its body",
      () =>
        startRawServer((socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"event_id":`)),
    ],
    [
      "an answer cut in its last chunk",
      () =>
        startRawServer((socket) =>
          socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        ),
    ],
    [
      "bytes that are no HTTP and echo the request",
      () => startRawServer((socket, request) => socket.end(`?${request}`)),
    ],
    ["a name that nothing has", async () => ({ url: "https://nowhere.invalid" })],
  ])("%s is a network error with its cause", async (__, start) => {
    const server = await start("");
    const error = await errorOf(clientOf(server.url));
    await server[Symbol.asyncDispose]?.();
    expect(error).toMatchObject({ code: "network_error", cause: expect.any(Error) });
  });

  test.each<[string, Parameters<typeof startRawServer>[0]]>([
    ["nothing", () => {}],
    ["headers only", (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")],
    ["half a body", (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"event_id":')],
    ["half an error", (socket) => socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 900\r\n\r\n{"code":')],
  ])(
    "a server that sends %s and waits is left at the deadline, its connection dropped",
    async (__, answerer) => {
      const dropped = Promise.withResolvers<void>();
      await using server = await startRawServer((socket, request) => {
        socket.on("close", () => dropped.resolve());
        answerer(socket, request);
      });
      expect(await errorOf(clientOf(server.url, { timeoutMs: 100 }))).toMatchObject({ code: "timeout" });
      await dropped.promise;
    },
  );

  test("the caller's abort drops the connection while the answer is awaited", async () => {
    const controller = new AbortController();
    const dropped = Promise.withResolvers<void>();
    await using server = await startRawServer((socket) => {
      socket.on("close", () => dropped.resolve());
      controller.abort(new Error("user left"));
    });
    const error = await errorOf(clientOf(server.url), controller.signal);
    expect(error).toMatchObject({ code: "aborted", cause: controller.signal.reason });
    await dropped.promise;
  });

  test("a caller who has given up already connects nowhere", async () => {
    await using platform = await startPlatform(acknowledge);
    const error = await errorOf(clientOf(platform.url), AbortSignal.abort());
    expect(error).toMatchObject({ code: "aborted" });
    expect(platform.connections).toBe(0);
  });

  test("after an answer was cut the next request gets its own", async () => {
    await using platform = await startPlatform((answer, request, n) => {
      if (n > 0) return acknowledge(answer, request, n);
      answer.writeHead(200, { "content-length": 900 }).write("{");
      setImmediate(() => answer.destroy());
    });
    const client = clientOf(platform.url);
    expect(await errorOf(client)).toMatchObject({ code: "network_error" });
    expect((await post(client)).eventId).toBe(ID);
  });
});

describe("over a fetch of another kind", () => {
  const clientOf = (fetch: ClientOptions["fetch"]) =>
    new ComplianceGuardClient({ baseUrl: "https://api.example.com", apiKey: API_KEY, fetch, maxRetries: 0 });
  const get = (fetch: ClientOptions["fetch"]) => caught(() => clientOf(fetch).getEvent(ID));

  test("it is called with the URL, the headers, no redirects and a signal", async () => {
    const calls: unknown[] = [];
    await get(async (...call) => {
      calls.push(call);
      return new Response(null, { status: 404 });
    });
    expect(calls).toEqual([
      [
        `https://api.example.com/v1/events/${ID}`,
        {
          method: "GET",
          headers: { accept: "application/json", "x-api-key": API_KEY },
          body: null,
          redirect: "manual",
          signal: expect.any(AbortSignal),
        },
      ],
    ]);
  });

  test("an error that quotes the request shows no key", async () => {
    const error = await get((url, init) =>
      Promise.reject(new Error(`failed: ${url} ${JSON.stringify(init)}`)),
    );
    expect(error?.code).toBe("network_error");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("cg_live");
  });

  test("one that throws at once, or what is no error, gives a network error too", async () => {
    const throwing = () => {
      throw new TypeError("no network here");
    };
    expect(await get(throwing)).toMatchObject({ code: "network_error", cause: { name: "TypeError" } });
    expect(await get(() => Promise.reject("offline"))).toMatchObject({ code: "network_error" });
  });

  test("its own time limit is a timeout", async () => {
    const fetch = () => Promise.reject(new DOMException("too slow", "TimeoutError"));
    expect(await get(fetch)).toMatchObject({ code: "timeout" });
  });

  test("a redirect that the runtime hides is a redirect", async () => {
    const hidden = { type: "opaqueredirect", status: 0, headers: new Headers(), body: null };
    expect(await get(async () => hidden)).toMatchObject({ code: "api_error", status: 302 });
  });

  test("an answer without a body is read as empty", async () => {
    expect(await get(async () => new Response(null, { status: 204 }))).toMatchObject({
      code: "invalid_answer",
    });
  });
});

test("a dispatcher's own time limit is a timeout", async () => {
  await using platform = await startPlatform(() => {});
  const agent = newAgent().compose(
    (dispatch) => (options, handler) => dispatch({ ...options, headersTimeout: 1 }, handler),
  );
  const client = new ComplianceGuardClient({
    baseUrl: platform.url,
    apiKey: API_KEY,
    dispatcher: agent,
    maxRetries: 0,
  });
  expect(await codeOf(() => client.getEvent(ID))).toBe("timeout");
});

test("undici's own limits of each phase are off: the deadline is the call's as a whole", async () => {
  await using platform = await startPlatform(acknowledge);
  const limits: unknown[] = [];
  const agent = newAgent().compose((dispatch) => (options, handler) => {
    limits.push([options.headersTimeout, options.bodyTimeout]);
    return dispatch(options, handler);
  });
  const client = new ComplianceGuardClient({ baseUrl: platform.url, apiKey: API_KEY, dispatcher: agent });
  await client.postEventBody(BODY, { eventId: ID });
  expect(limits).toEqual([[0, 0]]);
});

describe("canned answers", () => {
  const server = setupServer();
  beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());

  test("the HTML of a proxy in front of the platform is an error with its status", async () => {
    const page = "<!doctype html><title>502 Bad Gateway</title>";
    server.use(
      http.post("https://api.example.com/v1/events", () => HttpResponse.html(page, { status: 502 })),
    );
    const client = new ComplianceGuardClient({
      baseUrl: "https://api.example.com",
      apiKey: API_KEY,
      fetch: globalThis.fetch,
    });
    expect(await caught(() => client.postEventBody(BODY, { eventId: ID }))).toMatchObject({
      status: 502,
      body: page,
    });
  });
});

/** Writes until the other side has gone. */
function endless(answer: ServerResponse): void {
  const spaces = async function* () {
    for (;;) yield Buffer.alloc(64 * 1024, 0x20);
  };
  pipeline(spaces, answer, () => {});
}
