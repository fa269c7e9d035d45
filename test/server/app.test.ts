import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { API_KEY, ask, sharedPlatform, testPlatform } from "./test-platform.ts";

const platform = sharedPlatform();

/** What the server answers to a request with these lines, which `fetch` would not send. */
async function answerTo(port: number, ...lines: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${lines.join("\r\n")}\r\nX-Api-Key: ${API_KEY}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

describe("a path", () => {
  test.each(["/", "/v1", "/v1/event", "/v1/events/", "/v2/events", "/v1/events/a/b"])(
    "that is not there is answered with 404: %s",
    async (path) => {
      const { status, body } = await ask(platform(), path);
      expect([status, body.code]).toEqual([404, "not_found"]);
    },
  );

  test.each([
    ["PUT", "/v1/events", "POST, GET"],
    ["DELETE", `/v1/events/${crypto.randomUUID()}`, "GET"],
    ["PATCH", "/v1/systems", "POST, GET"],
    ["POST", "/v1/chain", "GET"],
    ["OPTIONS", "/v1/events", "POST, GET"],
    ["POST", "/healthz", "GET"],
  ])("says what it takes instead of %s %s", async (method, path, allowed) => {
    const { status, headers, body } = await ask(platform(), path, { method });
    expect([status, body.code, headers.get("allow")]).toEqual([405, "method_not_allowed", allowed]);
  });

  test("tells whether the store answers, to anybody", async () => {
    const response = await fetch(`${platform().url}/healthz`);
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  });
});

test("a HEAD request gets the headers of the answer to GET alone", async () => {
  const answer = await answerTo(platform().port, "HEAD /healthz HTTP/1.1", "Host: localhost");
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*content-length: 15\r\n[\s\S]*\r\n\r\n$/i);
});

test("a connection that is idle stays for more than a minute", async () => {
  const { headers } = await fetch(`${platform().url}/healthz`);
  expect(headers.get("keep-alive")).toBe("timeout=65");
});

test("no page of another origin is let in", async () => {
  const { headers } = await ask(platform(), "/v1/events", { headers: { origin: "https://evil.example" } });
  expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
});

describe("the Host header", () => {
  test.each([
    ["localhost", 200],
    ["LOCALHOST:80", 200],
    ["127.0.0.1:5214", 200],
    ["127.3.2.1", 200],
    ["[::1]:1234", 200],
    ["evil.example", 421],
    ["localhost.evil.example", 421],
    ["127.0.0.1.evil.example", 421],
    ["evil.example:5214", 421],
    ["192.168.0.1", 421],
    ["0.0.0.0", 421],
    ["[::]", 421],
    ["localhost@evil.example", 400],
    ["evil.example#@localhost", 400],
  ])("%s is answered with %d", async (host, expected) => {
    const answer = await answerTo(platform().port, "GET /v1/events HTTP/1.1", `Host: ${host}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${expected} `));
    expect(answer).toContain(expected === 200 ? "application/json" : "application/problem+json");
  });

  test("does not help where the target itself names another host", async () => {
    const target = "GET http://evil.example/v1/events HTTP/1.1";
    expect(await answerTo(platform().port, target, "Host: localhost")).toMatch(/^HTTP\/1.1 421 /);
  });

  test("does not help where it is missing and the target names another host", async () => {
    const target = "GET http://undefined/v1/events HTTP/1.0";
    expect(await answerTo(platform().port, target)).toMatch(/^HTTP\/1.1 421 /);
  });

  test("may name the proxy in front, and no other", async () => {
    const server = await testPlatform({ behindProxy: "https://audit.example:8443" });
    const statusFor = async (host: string) =>
      (await answerTo(server.port, "GET /v1/events HTTP/1.1", `Host: ${host}`)).slice(9, 12);
    expect(server.url).toBe("https://audit.example:8443");
    expect(await statusFor("Audit.example:8443")).toBe("200");
    expect(await statusFor("localhost")).toBe("200");
    expect(await statusFor("audit.example")).toBe("421");
    expect(await statusFor("evil.example")).toBe("421");
  });
});
