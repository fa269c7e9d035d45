import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  type Answerer,
  acknowledge,
  answerJson,
  closedPort,
  receiptFor,
  startPlatform,
} from "../client/platform-double.ts";
import { ask, testDirectory, testPlatform } from "../server/test-platform.ts";
import { outgoing, testOutbox, until } from "./fixtures.ts";
import { recorded } from "./writers.ts";

/** Answers the first tries with these statuses, and acknowledges the rest. */
function after(...statuses: number[]): Answerer {
  return (answer, request, n) => {
    const status = statuses[n];
    if (status === undefined) return acknowledge(answer, request, n);
    answerJson(answer, status, { code: "because" }, { "retry-after": "0" });
  };
}

test.each([408, 425, 429, 500, 503])(
  "after %i the same bytes go again, until they are acknowledged",
  async (status) => {
    await using platform = await startPlatform(after(status, status));
    const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
    const event = outgoing();
    await outbox.submit(event);
    expect(await outbox.flush()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
    expect(platform.requests.map(({ body }) => body)).toEqual([event.text, event.text, event.text]);
  },
);

test.each([
  ["nonsense", (answer) => answer.writeHead(200).end("<html>")],
  ["an answer about another event", (answer) => answerJson(answer, 201, receiptFor(crypto.randomUUID()))],
] as [string, Answerer][])("a 2xx with %s is no acknowledgement", async (_what, answerer) => {
  await using platform = await startPlatform((answer, request, n) =>
    n === 0 ? answerer(answer, request, n) : acknowledge(answer, request, n),
  );
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  await outbox.submit(outgoing());
  expect(await outbox.flush()).toMatchObject({ delivered: 1, waiting: 0 });
  expect(platform.requests).toHaveLength(2);
});

test.each([
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
])(
  "%i pauses: everything is kept, it is said, and it goes on once the platform accepts",
  async (status, paused) => {
    let isAccepting = false;
    await using platform = await startPlatform((answer, request, n) =>
      isAccepting ? acknowledge(answer, request, n) : answerJson(answer, status, {}),
    );
    const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
    for (let count = 0; count < 5; count++) await outbox.submit(outgoing());
    expect(await outbox.flush()).toEqual({ delivered: 0, waiting: 5, deadLetters: 0, paused });
    expect(outbox.troubles.filter(({ code }) => code === "delivery_paused").length).toBeGreaterThan(0);
    isAccepting = true;
    expect(await outbox.flush()).toEqual({ delivered: 5, waiting: 0, deadLetters: 0 });
  },
);

test.each([400, 422])(
  "%i makes a dead letter with the platform's words, kept across a restart and replayed",
  async (status) => {
    let isAccepting = false;
    await using platform = await startPlatform((answer, request, n) =>
      isAccepting ? acknowledge(answer, request, n) : answerJson(answer, status, { code: "bad" }),
    );
    const directory = await testDirectory();
    const event = outgoing();
    const first = testOutbox({ directory, baseUrl: platform.url });
    await first.submit(event);
    expect(await first.close()).toEqual({ delivered: 0, waiting: 0, deadLetters: 1 });
    expect(first.troubles).toMatchObject([{ code: "delivery_refused", eventId: event.eventId }]);

    const second = testOutbox({ directory, baseUrl: platform.url });
    await until(async () => (await second.status()).deadLetters === 1);
    expect(await second.deadLetters()).toMatchObject([
      { eventId: event.eventId, code: "api_error", status, answer: '{"code":"bad"}' },
    ]);
    isAccepting = true;
    expect(await second.replay()).toBe(1);
    expect(await second.flush()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
    expect(platform.requests.at(-1)?.body).toBe(event.text);
  },
);

test("an event of an unregistered system waits as a dead letter until it is registered and replayed", async () => {
  const server = await testPlatform();
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: server.url });
  const event = outgoing({ systemId: "later" });
  await outbox.submit(event);
  await outbox.submit(outgoing());
  expect(await outbox.flush()).toEqual({ delivered: 1, waiting: 0, deadLetters: 1 });
  expect(await outbox.deadLetters()).toMatchObject([{ eventId: event.eventId, code: "unknown_system_id" }]);
  await ask(server, "/v1/systems", { method: "POST", body: JSON.stringify({ systemId: "later" }) });
  expect(await outbox.replay(event.eventId)).toBe(1);
  expect(await outbox.flush()).toEqual({ delivered: 2, waiting: 0, deadLetters: 0 });
  expect((await recorded(server)).get(event.eventId)?.body).toBe(event.text);
});

test("413 sends it once more without the payload", async () => {
  await using platform = await startPlatform(after(413));
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  await outbox.submit(outgoing({ payload: { ciphertext: "x" } }));
  expect(await outbox.flush()).toMatchObject({ delivered: 1, waiting: 0 });
  const body = JSON.parse(platform.requests[1]?.body ?? "");
  expect(body).not.toHaveProperty("payload");
  expect(body.systemState.run).toEqual({ payload_omitted: "too_large" });
});

test("409 sends it under a new id that names the conflict; what the platform had stays as it is", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const outbox = testOutbox({ directory, baseUrl: server.url });
  const first = outgoing();
  const second = outgoing({ eventId: first.eventId, modelId: "other" });
  await outbox.submit(first);
  await outbox.flush();
  await outbox.submit(second);
  expect(await outbox.flush()).toEqual({ delivered: 2, waiting: 0, deadLetters: 0 });
  const found = await recorded(server);
  expect(found.get(first.eventId)?.body).toBe(first.text);
  const renamed = [...found.values()].find(({ modelId }) => modelId === "other");
  expect(JSON.parse(renamed?.body ?? "").systemState.run).toEqual({ conflicts_with: first.eventId });
});

test("a platform that says 409 to every id gets the event twice; then it is a dead letter", async () => {
  await using platform = await startPlatform((answer) => answerJson(answer, 409, { code: "taken" }));
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  const event = outgoing({ payload: { ciphertext: "x" }, idempotencyKey: "its own" });
  await outbox.submit(event);
  expect(await outbox.flush()).toEqual({ delivered: 0, waiting: 0, deadLetters: 1 });
  const [letter] = await outbox.deadLetters();
  expect(letter).toMatchObject({ code: "api_error", status: 409 });
  const bodies = platform.requests.map(({ body }) => JSON.parse(body));
  expect(bodies).toHaveLength(2);
  // Sealed under the old id, the payload stays behind.
  expect(bodies[1]).toMatchObject({
    eventId: letter?.eventId,
    idempotencyKey: letter?.eventId,
    systemState: { run: { conflicts_with: event.eventId, payload_omitted: "conflict" } },
  });
  expect(bodies[1]).not.toHaveProperty("payload");
});

test("413 to an event without a payload makes a dead letter", async () => {
  await using platform = await startPlatform((answer) => answerJson(answer, 413, {}));
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  await outbox.submit(outgoing({ payload: { ciphertext: "x" } }));
  expect(await outbox.flush()).toEqual({ delivered: 0, waiting: 0, deadLetters: 1 });
  expect(platform.requests).toHaveLength(2);
  expect(await outbox.deadLetters()).toMatchObject([{ code: "api_error", status: 413 }]);
});

test("409 for a derived id means that the fact is recorded already", async () => {
  await using platform = await startPlatform((answer) => answerJson(answer, 409, {}));
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  await outbox.submit({ ...outgoing(), hasDerivedId: true });
  expect(await outbox.flush()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
  expect(platform.requests).toHaveLength(1);
});

test("a dead platform is probed by one event, not by each that waits", async () => {
  await using platform = await startPlatform((answer) =>
    answerJson(answer, 503, {}, { "retry-after": "3600" }),
  );
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  await Promise.all(Array.from({ length: 500 }, () => outbox.submit(outgoing())));
  expect(await outbox.flush({ timeoutMs: 200 })).toMatchObject({ delivered: 0, waiting: 500 });
  expect(platform.requests).toHaveLength(1);
});

test("flush never says that it is done while something waits", async () => {
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: await closedPort() });
  await outbox.submit(outgoing());
  expect(await outbox.flush({ timeoutMs: 50 })).toMatchObject({ delivered: 0, waiting: 1 });
});

test("the apiKey function is asked on the application's thread for each request, and a custom fetch is used there", async () => {
  const server = await testPlatform();
  let asked = 0;
  const urls: string[] = [];
  const outbox = testOutbox({
    directory: await testDirectory(),
    baseUrl: server.url,
    apiKey: () => {
      asked++;
      return "a-key-only-for-these-tests";
    },
    fetch: (url, init) => {
      urls.push(url);
      return fetch(url, init);
    },
  });
  await outbox.submit(outgoing());
  expect(await outbox.flush()).toMatchObject({ delivered: 1, waiting: 0 });
  expect(asked).toBeGreaterThan(1);
  expect(urls).toEqual([`${server.url}/v1/events`]);
});

test("what is dropped leaves an event that says so", async () => {
  const server = await testPlatform();
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: server.url });
  const refused = outgoing({ occurredAtUtc: "never" });
  await outbox.submit(refused);
  expect(await outbox.flush()).toMatchObject({ deadLetters: 1 });
  expect(await outbox.drop(crypto.randomUUID())).toBe(0);
  expect(await outbox.drop(refused.eventId)).toBe(1);
  expect(await outbox.flush()).toMatchObject({ delivered: 1, waiting: 0, deadLetters: 0 });
  const [said] = [...(await recorded(server)).values()];
  expect(JSON.parse(said?.body ?? "")).toMatchObject({
    actor: { type: "recorder" },
    systemId: "s",
    systemState: {
      outbox: {
        dropped: refused.eventId,
        dropped_body_sha256: createHash("sha256").update(refused.text).digest("hex"),
      },
    },
  });
});

test("what is dropped of another tenant's is said to that tenant's workspace, not to one's own", async () => {
  const baseUrl = await closedPort();
  const directory = await testDirectory();
  const port = Number(new URL(baseUrl).port);
  const theirs = await testPlatform({ port, apiKey: "their-own-api-key" });
  const refused = outgoing({ occurredAtUtc: "never" });
  const first = testOutbox({ directory, baseUrl, apiKey: "their-own-api-key" });
  await first.submit(refused);
  expect(await first.close()).toMatchObject({ deadLetters: 1 });
  await theirs.close();
  const mine = await testPlatform({ port });
  const own = outgoing();
  const second = testOutbox({ directory, baseUrl });
  await second.submit(own);
  await second.flush();
  expect(await second.drop(refused.eventId)).toBe(1);
  expect(await second.flush()).toEqual({ delivered: 1, waiting: 1, deadLetters: 0, paused: "other_key" });
  expect([...(await recorded(mine)).keys()]).toEqual([own.eventId]);
});
