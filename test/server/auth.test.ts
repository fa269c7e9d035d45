import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { startServer } from "../../src/server/serve.ts";
import { caught } from "../support/error-code.ts";
import { API_KEY, ask, eventFields, post, testDirectory, testPlatform } from "./test-platform.ts";

const withKey = (key: string) => ({ headers: { "x-api-key": key } });

describe("a key", () => {
  test.each([
    ["missing", {}],
    ["unknown", { "x-api-key": `${API_KEY}x` }],
    ["the start of one", { "x-api-key": API_KEY.slice(0, -1) }],
    ["in another case", { "x-api-key": API_KEY.toUpperCase() }],
    ["sent as another header", { authorization: `Bearer ${API_KEY}` }],
  ])("%s is answered with 401", async (_what, headers) => {
    const server = await testPlatform();
    const response = await fetch(`${server.url}/v1/events`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("that is wrong is refused between right ones too, however like them it is", async () => {
    const server = await testPlatform();
    const wrong = `${API_KEY.slice(0, -1)}!`;
    for (const [key, expected] of [
      [API_KEY, 200],
      [wrong, 401],
      [wrong, 401],
      [API_KEY, 200],
      ["", 401],
    ] as const) {
      expect((await ask(server, "/v1/events", withKey(key))).status).toBe(expected);
    }
  });

  test("may do what its scopes say and nothing else", async () => {
    const keys = {
      "events:write": "writer-writer-writer",
      "events:read": "reader-reader-reader",
      "systems:write": "keeper-keeper-keeper",
    } as const;
    const server = await testPlatform({
      apiKeys: Object.entries(keys).map(([scope, key]) => ({ key, scopes: [scope as keyof typeof keys] })),
    });
    const event = eventFields();
    const requests = {
      "events:write": [["/v1/events", { method: "POST", body: JSON.stringify(event) }]],
      "events:read": [
        [`/v1/events/${event.eventId}`, {}],
        ["/v1/events", {}],
        ["/v1/chain", {}],
        ["/v1/systems", {}],
      ],
      "systems:write": [["/v1/systems", { method: "POST", body: '{"systemId":"t"}' }]],
    } as const;
    for (const [needed, list] of Object.entries(requests)) {
      for (const [path, init] of list) {
        for (const [scope, key] of Object.entries(keys)) {
          const { status, body } = await ask(server, path, { ...init, ...withKey(key) });
          if (scope === needed) expect(status).toBeLessThan(300);
          else expect([status, body.code, body.required_scope]).toEqual([403, "insufficient_scope", needed]);
        }
      }
    }
  });

  test("is made at the first start, shown once and kept as a hash", async () => {
    const directory = await testDirectory();
    const first = await startServer({ directory, port: 0 });
    const apiKey = first.apiKey ?? "";
    expect(apiKey).toMatch(/^cg_[\w-]{43}$/);
    await first.close();

    const second = await startServer({ directory, port: 0 });
    expect(second.apiKey).toBeUndefined();
    expect((await ask(second, "/v1/events", withKey(apiKey))).status).toBe(200);
    await second.close();

    const database = new DatabaseSync(join(directory, "platform.db"));
    const bytes = (database.prepare("SELECT group_concat(value) AS value FROM setting").get() ?? {}) as {
      value: string;
    };
    database.close();
    expect(bytes.value).not.toContain(apiKey);
    expect(bytes.value).not.toContain(apiKey.slice(3));
  });

  test("that is given replaces the one of an earlier start", async () => {
    const directory = await testDirectory();
    const first = await startServer({ directory, port: 0 });
    await first.close();
    const second = await testPlatform({ directory, apiKey: API_KEY });
    expect(second.apiKey).toBe(API_KEY);
    expect((await ask(second, "/v1/events", withKey(first.apiKey ?? ""))).status).toBe(401);
    expect((await ask(second, "/v1/events")).status).toBe(200);
  });

  test.each(["short", "", "with spaces in between", "caf\u00e9-caf\u00e9-caf\u00e9-caf\u00e9"])(
    "like %j is refused at the start, without being shown",
    async (key) => {
      const directory = await testDirectory();
      const error = await caught(() => startServer({ directory, port: 0, apiKey: key }));
      expect(error?.code).toBe("invalid_option");
      if (key) expect(error?.message).not.toContain(key);
    },
  );
});

test("no answer shows a key", async () => {
  const server = await testPlatform();
  const answers = await Promise.all([
    post(server, eventFields()),
    ask(server, "/nowhere"),
    ask(server, "/v1/events", withKey("a-key-that-nobody-knows")),
    ask(server, "/v1/systems"),
  ]);
  for (const { text, headers } of answers) {
    expect(text + JSON.stringify([...headers])).not.toMatch(/only-for-these-tests|nobody-knows/);
  }
});
