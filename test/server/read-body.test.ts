import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { RunningServer } from "../../src/server/serve.ts";
import { API_KEY, ask, eventFields, post, sharedPlatform } from "./test-platform.ts";

const LIMIT_BYTES = 4096;
const platform = sharedPlatform({ bodyLimitBytes: LIMIT_BYTES });

/** The text of an event that is exactly so many bytes long. */
function eventOfSize(sizeBytes: number): string {
  const body = JSON.stringify(eventFields());
  return body + " ".repeat(sizeBytes - Buffer.byteLength(body));
}

/** Sends raw bytes, and gives all that comes back until the server hangs up. */
function exchange(server: RunningServer, request: string): Promise<string> {
  const socket = connect(server.port, "127.0.0.1");
  socket.end(request);
  return text(socket);
}

describe("a body", () => {
  test("as long as the limit is accepted", async () => {
    expect((await post(platform(), eventOfSize(LIMIT_BYTES))).status).toBe(201);
  });

  test("one byte longer is too large", async () => {
    const { status, body } = await post(platform(), eventOfSize(LIMIT_BYTES + 1));
    expect([status, body.code]).toEqual([413, "body_too_large"]);
  });

  test.each([
    [LIMIT_BYTES, 201],
    [LIMIT_BYTES + 1, 413],
    [LIMIT_BYTES * 50, 413],
  ])("of %d bytes whose length nobody announced is answered with %d", async (sizeBytes, expected) => {
    const bytes = Buffer.from(eventOfSize(sizeBytes));
    const init = {
      method: "POST",
      duplex: "half",
      body: new ReadableStream({
        start(controller) {
          for (let start = 0; start < bytes.length; start += 1000) {
            controller.enqueue(bytes.subarray(start, start + 1000));
          }
          controller.close();
        },
      }),
    };
    expect((await ask(platform(), "/v1/events", init as RequestInit)).status).toBe(expected);
  });

  test("that ends before its announced length is not stored", async () => {
    const body = JSON.stringify(eventFields());
    await exchange(
      platform(),
      `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: ${API_KEY}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length + 1}\r\n\r\n${body}`,
    );
    const { eventId } = JSON.parse(body);
    expect((await ask(platform(), `/v1/events/${eventId}`)).status).toBe(404);
  });

  test("is not read before the key is known", async () => {
    const answer = await exchange(
      platform(),
      "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{",
    );
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
  });
});
