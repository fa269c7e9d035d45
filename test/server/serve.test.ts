import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test, vi } from "vitest";
import { startServer } from "../../src/server/serve.ts";
import { StoreThread } from "../../src/server/store-thread.ts";
import { codeOf } from "../support/error-code.ts";
import { API_KEY, ask, eventFields, readChain, testDirectory, testPlatform } from "./test-platform.ts";

const { Request, Response, Headers } = globalThis;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("the program it runs in keeps its own Request and Response", async () => {
  await testPlatform();
  expect(globalThis.Request).toBe(Request);
  expect(globalThis.Response).toBe(Response);
  expect(globalThis.Headers).toBe(Headers);
});

test("a request under way when the server is closed is answered, and its connection let go", async () => {
  const directory = await testDirectory();
  const server = await testPlatform({ directory });
  const body = JSON.stringify(eventFields());
  const socket = connect(server.port, "127.0.0.1");
  socket.write(
    `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: ${API_KEY}\r\nExpect: 100-continue\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  // The server has seen the request once it asks for the rest.
  await once(socket, "data");
  const answer = text(socket);
  const closed = server.close();
  socket.write(body);
  expect(await answer).toMatch(/^HTTP\/1.1 201 /);
  await closed;

  const again = await testPlatform({ directory });
  expect((await readChain(again)).links).toHaveLength(1);
  // A kept-alive connection would be let go after five seconds anyway: this test must end before.
}, 4_500);

test("closing twice, or while closing, is one closing", async () => {
  const server = await testPlatform();
  await Promise.all([server.close(), server.close()]);
  await server.close();
  await expect(ask(server, "/healthz")).rejects.toThrow();
});

test("a first start that cannot listen leaves the next one to make the key, which works", async () => {
  vi.stubEnv("COMPLIANCEGUARD_SERVER_API_KEY", "");
  const directory = await testDirectory();
  const { port } = await testPlatform();
  expect(await codeOf(() => startServer({ directory, port }))).toBe("server_error");

  const { apiKey, ...server } = await testPlatform({ directory, apiKey: undefined });
  expect(apiKey).toMatch(/^cg_/);
  const { status } = await ask({ ...server, apiKey }, "/v1/systems", {
    headers: { "x-api-key": apiKey ?? "" },
  });
  expect(status).toBe(200);
});

test("where the key cannot be kept it does not start, and leaves the port", async () => {
  const directory = await testDirectory();
  const { port, close } = await testPlatform();
  await close();
  const { call } = StoreThread.prototype;
  vi.spyOn(StoreThread.prototype, "call").mockImplementation(function (this: StoreThread, method, input) {
    return method === "setSetting" ? Promise.reject(new Error("disk full")) : call.call(this, method, input);
  } as typeof call);
  await expect(startServer({ directory, port })).rejects.toThrow("disk full");
  vi.restoreAllMocks();
  await testPlatform({ directory, port });
});
