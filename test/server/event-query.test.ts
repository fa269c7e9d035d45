import { beforeAll, describe, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { API_KEY, ask, eventFields, post, sharedPlatform, testPlatform } from "./test-platform.ts";

const platform = sharedPlatform({ systems: ["a", "b"] });

/** Number, system, correlation and time of each event there is. */
const stored = [
  [1, "a", "x", "2026-05-01T12:00:00Z"],
  [2, "b", "x", "2026-05-01T14:00:00+02:00"],
  [3, "a", "y", "2026-05-01T12:00:00.0000001Z"],
  [4, "b", "X", "2026-05-01T11:59:59.999Z"],
  [5, "a", undefined, "2026-04-30T12:00:00Z"],
  [6, "b", "%' OR 1=1 --\u0000", "2026-05-02T12:00:00Z"],
] as const;

beforeAll(async () => {
  for (const [, systemId, correlationId, occurredAtUtc] of stored) {
    await post(platform(), eventFields({ systemId, correlationId, occurredAtUtc }));
  }
});

async function list(query: string): Promise<{ numbers: number[]; nextAfter: number | null }> {
  const { status, body } = await ask(platform(), `/v1/events?${query}`);
  expect(status).toBe(200);
  const numbers = body.events.map(({ sequenceNumber }: { sequenceNumber: number }) => sequenceNumber);
  return { numbers, nextAfter: body.nextAfter };
}

describe("events are listed in order", () => {
  test.each([
    ["", [1, 2, 3, 4, 5, 6]],
    ["after=4", [5, 6]],
    ["after=6", []],
    ["after=600", []],
    ["systemId=a", [1, 3, 5]],
    ["systemId=a&after=1", [3, 5]],
    ["systemId=A", []],
    ["correlationId=x", [1, 2]],
    ["correlationId=x&systemId=b", [2]],
    [`correlationId=${encodeURIComponent("%' OR 1=1 --\u0000")}`, [6]],
    ["correlationId=", []],
    ["from=2026-05-01T12:00:00Z", [1, 2, 3, 6]],
    ["from=2026-05-01T12:00:00.00000005Z", [3, 6]],
    ["to=2026-05-01T12:00:00Z", [4, 5]],
    ["from=2026-05-01T12:00:00Z&to=2026-05-01T12:00:00.1Z", [1, 2, 3]],
    ["from=2026-05-01T14:00:00%2B02:00&to=2026-05-02T00:00:00Z&systemId=a", [1, 3]],
    ["from=2026-05-01T12:00:00Z&correlationId=y", [3]],
  ])("?%s", async (query, expected) => {
    expect(await list(query)).toEqual({ numbers: expected, nextAfter: null });
  });

  test("a page at a time, until nextAfter is null", async () => {
    expect(await list("limit=4")).toEqual({ numbers: [1, 2, 3, 4], nextAfter: 4 });
    expect(await list("limit=4&after=4")).toEqual({ numbers: [5, 6], nextAfter: null });
    expect(await list("limit=2&systemId=b")).toEqual({ numbers: [2, 4], nextAfter: 4 });
    expect(await list("limit=1&systemId=b&after=4")).toEqual({ numbers: [6], nextAfter: null });
  });

  test("by the client, over all pages", async () => {
    const client = new ComplianceGuardClient({ baseUrl: platform().url, apiKey: API_KEY });
    const numbers: unknown[] = [];
    for await (const event of client.listEvents({ limit: 2 })) numbers.push(event["sequenceNumber"]);
    await client.close();
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test("a page ends early where its bodies are large, and the next goes on", async () => {
  const server = await testPlatform();
  const systemState = { text: "x".repeat(3 * 1024 * 1024) };
  for (let count = 0; count < 4; count++) await post(server, eventFields({ systemState }));
  const first = await ask(server, "/v1/events");
  expect([first.body.events.length, first.body.nextAfter]).toEqual([2, 2]);
  const second = await ask(server, "/v1/events?after=2");
  expect([second.body.events.length, second.body.nextAfter]).toEqual([2, null]);
});

test.each([
  "limit=0",
  "limit=1001",
  "limit=1.5",
  "limit=",
  "limit=ten",
  "after=-1",
  "after=1e3",
  "after=99999999999999999999",
  "after=1&after=2",
  "system=a",
  "systemid=a",
  "from=yesterday",
  "from=2026-05-01",
  "to=2026-05-01T14:00:00+02:00",
])("?%s is answered with 400", async (query) => {
  const { status, body } = await ask(platform(), `/v1/events?${query}`);
  expect([status, body.code]).toEqual([400, "invalid_query"]);
});

test("the chain takes no filters", async () => {
  expect((await ask(platform(), "/v1/chain?systemId=a")).status).toBe(400);
  const { body } = await ask(platform(), "/v1/chain?after=2&limit=2");
  expect(body).toMatchObject({ head: { sequenceNumber: 6 }, nextAfter: 4 });
  expect(body.links.map(({ sequenceNumber }: { sequenceNumber: number }) => sequenceNumber)).toEqual([3, 4]);
});
