import { describe, expect, test } from "vitest";
import type { ServerOptions } from "../../src/server/options.ts";
import { startServer } from "../../src/server/serve.ts";
import { caught } from "../support/error-code.ts";
import { testDirectory, testPlatform } from "./test-platform.ts";

describe("an option is refused at the start, by name", () => {
  test.each<[string, Partial<ServerOptions>]>([
    ["directory", { directory: "" }],
    ["port", { port: -1 }],
    ["port", { port: 65_536 }],
    ["port", { port: 1.5 }],
    ["host", { host: "0.0.0.0" }],
    ["host", { host: "192.168.0.1" }],
    ["host", { host: "example.com" }],
    ["host", { host: "" }],
    ["behindProxy", { behindProxy: "http://audit.example" }],
    ["behindProxy", { behindProxy: "https://audit.example/path" }],
    ["behindProxy", { behindProxy: "https://audit.example/" }],
    ["behindProxy", { behindProxy: "https://user@audit.example" }],
    ["behindProxy", { behindProxy: "audit.example" }],
    ["systems", { systems: [""] }],
    ["systems", { systems: ["a\u0000b"] }],
    ["bodyLimitBytes", { bodyLimitBytes: 0 }],
    ["bodyLimitBytes", { bodyLimitBytes: Number.NaN }],
    ["apiKeys", { apiKeys: [{ key: "short", scopes: ["events:write"] }] }],
  ])("%s: %o", async (name, options) => {
    const directory = await testDirectory();
    const error = await caught(() => startServer({ directory, port: 0, ...options }));
    expect(error?.code).toBe("invalid_option");
    expect(error?.message).toContain(name);
  });
});

test("another host than loopback is listened on behind a proxy", async () => {
  const server = await testPlatform({ host: "0.0.0.0", behindProxy: "https://audit.example" });
  expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);
});

test.each(["::1", "[::1]"])("the IPv6 loopback address %s is bracketed in the URL", async (host) => {
  const server = await testPlatform({ host });
  expect(server.url).toBe(`http://[::1]:${server.port}`);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
