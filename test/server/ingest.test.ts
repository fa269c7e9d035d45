import { describe, expect, test } from "vitest";
import { bodyDigest, decodeEntry, encodeEntry, eventHash } from "../../src/evidence/entry.ts";
import { ask, eventFields, post, readChain, testPlatform } from "./test-platform.ts";

describe("an event that is accepted", () => {
  test("is answered with 201 and the wire format's eight fields", async () => {
    const server = await testPlatform({ clock: () => Date.UTC(2026, 4, 1, 12, 0, 1) });
    const event = eventFields();
    const { status, headers, body } = await post(server, event);
    expect(status).toBe(201);
    expect(headers.get("content-type")).toBe("application/json");
    expect(body).toEqual({
      event_id: event.eventId,
      system_id: "s",
      environment_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sequence_number: 1,
      ingested_at_utc: "2026-05-01T12:00:01.000Z",
      event_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      event_id_source: "client",
      receipt_id: expect.stringMatching(/^rcpt_[0-9a-f]{32}$/),
    });
  });

  test("hangs in the chain after the one before, with the digest of exactly its bytes", async () => {
    const server = await testPlatform();
    const first = await post(server, eventFields());
    const text = ` ${JSON.stringify(eventFields({ systemState: { text: "\u00e9 \u2028 \ud83d\ude00" } }), null, 1)}\n`;
    const second = await post(server, text);
    const [, link] = (await readChain(server)).links;
    const entry = decodeEntry(link?.entry ?? "");
    expect(link?.body).toBe(text);
    expect(entry).toMatchObject({
      bodyDigest: bodyDigest(Buffer.from(link?.salt ?? "", "hex"), text),
      environmentId: second.body.environment_id,
      ingestedAtUtc: second.body.ingested_at_utc,
      previousEventHash: first.body.event_hash,
      receiptId: second.body.receipt_id,
      sequenceNumber: 2,
    });
    expect(second.body.event_hash).toBe(eventHash(encodeEntry(entry)));
  });

  test("has a salt of its own", async () => {
    const server = await testPlatform();
    await Promise.all(Array.from({ length: 20 }, () => post(server, eventFields())));
    const salts = (await readChain(server)).links.map(({ salt }) => salt);
    expect(new Set(salts).size).toBe(20);
    expect(salts.every((salt) => /^[0-9a-f]{64}$/.test(salt ?? ""))).toBe(true);
  });

  test("may leave its optional fields out, or null", async () => {
    const server = await testPlatform();
    const names = ["correlationId", "idempotencyKey", "humanOversight", "systemState", "actor"];
    const nulls = Object.fromEntries(
      [...names, "referenceData", "dataSubjects", "payload"].map((name) => [name, null]),
    );
    const event = eventFields(nulls);
    expect((await post(server, event)).status).toBe(201);
    const { body } = await ask(server, `/v1/events/${event.eventId}`);
    expect(Object.keys(body).filter((name) => name.startsWith("payload"))).toEqual([]);
  });

  test("may be nested two hundred levels deep", async () => {
    const server = await testPlatform();
    const nested = (depth: number) =>
      JSON.stringify(eventFields({ systemState: { a: "here" } })).replace(
        '"here"',
        "[".repeat(depth) + "]".repeat(depth),
      );
    expect((await post(server, nested(198))).status).toBe(201);
    expect((await post(server, nested(199))).status).toBe(400);
    expect((await post(server, nested(100_000))).status).toBe(400);
  });
});

describe("an id that is taken", () => {
  test("gives the stored answer to the same body, and the chain does not grow", async () => {
    const server = await testPlatform();
    const event = eventFields();
    const first = await post(server, event);
    const second = await post(server, event);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect((await readChain(server)).links).toHaveLength(1);
  });

  test.each([
    ["a field changed", (text: string) => text.replace("gpt-5", "gpt-6")],
    ["only its spacing changed", (text: string) => `${text} `],
    ["its id in upper case", (text: string) => text.replace(/[0-9a-f-]{36}/, (id) => id.toUpperCase())],
  ])("is a conflict for another body: %s", async (_what, change) => {
    const server = await testPlatform();
    const text = JSON.stringify(eventFields());
    await post(server, text);
    const { status, body } = await post(server, change(text));
    expect(status).toBe(409);
    expect(body).toMatchObject({ status: 409, code: "event_id_conflict" });
    expect((await readChain(server)).links).toHaveLength(1);
  });

  test("is stored once however many ask at the same time", async () => {
    const server = await testPlatform();
    const event = eventFields();
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(server, event)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(29).fill(200), 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test("goes to one of two bodies that come at the same time", async () => {
    const server = await testPlatform();
    const event = eventFields();
    const answers = await Promise.all(["1", "2"].map((version) => post(server, { ...event, version })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});

describe("a system nobody registered", () => {
  test("is refused by name, so that a client can say which", async () => {
    const server = await testPlatform();
    const { status, headers, body } = await post(server, eventFields({ systemId: "other" }));
    expect(status).toBe(422);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({ status: 422, code: "unknown_system_id", system_id: "other" });
  });

  test("is accepted where unknown systems are allowed", async () => {
    const server = await testPlatform({ allowUnknownSystems: true });
    expect((await post(server, eventFields({ systemId: "other" }))).status).toBe(201);
  });

  test("is accepted once it is registered", async () => {
    const server = await testPlatform();
    const register = () =>
      ask(server, "/v1/systems", { method: "POST", body: JSON.stringify({ systemId: "other" }) });
    const [first, second] = [await register(), await register()];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect((await post(server, eventFields({ systemId: "other" }))).status).toBe(201);
    const { body } = await ask(server, "/v1/systems");
    expect(body.systems.map(({ systemId }: { systemId: string }) => systemId)).toEqual(["other", "s"]);
  });

  test.each([
    '{"systemId":""}',
    '{"systemId":"a\\nb"}',
    '{"systemId":1}',
    '{"systemId":"a","x":1}',
    "{}",
    "null",
    "[]",
  ])("cannot be registered as %s", async (text) => {
    const server = await testPlatform();
    const { status, body } = await ask(server, "/v1/systems", { method: "POST", body: text });
    expect([status, body.code]).toEqual([400, "invalid_system"]);
  });
});
