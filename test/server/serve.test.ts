import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { API_KEY, ask, eventFields, readChain, testDirectory, testPlatform } from "./test-platform.ts";

const { Request, Response, Headers } = globalThis;

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
