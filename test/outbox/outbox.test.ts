import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRecorder } from "../../src/create-recorder.ts";
import { openOutbox } from "../../src/outbox/outbox.ts";
import { acknowledge, closedPort, startPlatform } from "../client/platform-double.ts";
import { API_KEY, testDirectory, testPlatform } from "../server/test-platform.ts";
import { codeOf } from "../support/error-code.ts";
import { outgoing, testOutbox, until } from "./fixtures.ts";
import { recorded } from "./writers.ts";

const filesOf = (directory: string): string[] =>
  readdirSync(join(directory, "outbox"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("an event that is acknowledged leaves nothing on the disk", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const outbox = testOutbox({ directory, baseUrl: server.url });
  const event = outgoing();
  await outbox.begin(outgoing({ eventId: event.eventId, modelId: "abandoned" }));
  expect(await outbox.status()).toMatchObject({ open: 1, waiting: 0 });
  await outbox.submit(event);
  expect(await outbox.close()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
  expect((await recorded(server)).get(event.eventId)?.body).toBe(event.text);
  expect(filesOf(directory)).toEqual([]);
});

test("flush counts what nobody has waited for yet", async () => {
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: await closedPort() });
  await outbox.status();
  for (let count = 0; count < 600; count++) outbox.submit(outgoing()).catch(() => {});
  expect(await outbox.flush({ timeoutMs: 1 })).toMatchObject({ delivered: 0, waiting: 600 });
});

test("flush waits as long as it is told, also without end", async () => {
  const server = await testPlatform();
  const recorder = createRecorder({
    baseUrl: server.url,
    apiKey: API_KEY,
    systemId: "s",
    version: "1",
    decisionClassification: "not_classified",
    outbox: { directory: await testDirectory() },
  });
  void recorder.start({ kind: "model", input: () => ({}) }).succeed();
  const status = await recorder.flush({ timeoutMs: Number.POSITIVE_INFINITY });
  expect(status).toEqual({ delivered: 2, waiting: 0, deadLetters: 0 });
  await recorder.close();
});

test("a start record that is taken back is never sent", async () => {
  await using platform = await startPlatform(acknowledge);
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  const event = outgoing();
  await outbox.begin(event);
  await outbox.discard(event.eventId);
  expect(await outbox.close()).toEqual({ delivered: 0, waiting: 0, deadLetters: 0 });
  expect(platform.requests).toEqual([]);
});

test("start records left by a closed outbox become the event that would be sent if nothing more were heard", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const event = outgoing();
  const first = testOutbox({ directory, baseUrl: server.url });
  await first.begin(event);
  await first.close();
  const second = testOutbox({ directory, baseUrl: server.url });
  await second.ready();
  expect(await second.flush()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
  expect((await recorded(server)).get(event.eventId)?.body).toBe(event.text);
});

test("every file is its owner's alone, and the directories too", async () => {
  const directory = await testDirectory();
  const outbox = testOutbox({ directory, baseUrl: await closedPort() });
  await outbox.submit(outgoing());
  const entries = readdirSync(join(directory, "outbox"), { recursive: true, withFileTypes: true });
  const modes = entries.map((entry) => [
    entry.isFile(),
    statSync(join(entry.parentPath, entry.name)).mode & 0o777,
  ]);
  expect(modes.length).toBeGreaterThan(3);
  for (const [isFile, mode] of modes) expect(mode).toBe(isFile ? 0o600 : 0o700);
});

test("full, it refuses the new and keeps the old", async () => {
  const directory = await testDirectory();
  const event = outgoing();
  const outbox = testOutbox({ directory, baseUrl: await closedPort(), maxBytes: event.body.length * 2 });
  await outbox.submit(event);
  await outbox.submit(outgoing());
  expect(await codeOf(() => outbox.submit(outgoing()))).toBe("outbox_full");
  expect(await outbox.status()).toMatchObject({ waiting: 2, bytes: event.body.length * 2 });
});

test("a directory others may write in is refused", async () => {
  const directory = await testDirectory();
  const first = testOutbox({ directory, baseUrl: "http://127.0.0.1:1" });
  await first.submit(outgoing());
  await first.close({ timeoutMs: 0 });
  chmodSync(join(directory, "outbox"), 0o770);
  const second = testOutbox({ directory, baseUrl: "http://127.0.0.1:1" });
  expect(await codeOf(() => second.submit(outgoing()))).toBe("outbox_unusable");
  expect(await codeOf(() => second.ready())).toBe("outbox_unusable");
});

test("a directory that cannot be made is refused", async () => {
  const directory = await testDirectory();
  writeFileSync(join(directory, "file"), "");
  const outbox = testOutbox({ directory: join(directory, "file"), baseUrl: "http://127.0.0.1:1" });
  expect(await codeOf(() => outbox.submit(outgoing()))).toBe("outbox_unusable");
});

test("outboxes of one destination share one file, and the last to close lets go of it", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const first = testOutbox({ directory, baseUrl: server.url });
  const second = testOutbox({ directory, baseUrl: server.url });
  await first.submit(outgoing());
  await second.submit(outgoing());
  expect(filesOf(directory).filter((file) => file.endsWith(".db"))).toHaveLength(1);
  await first.close();
  await second.submit(outgoing());
  expect(await second.close()).toMatchObject({ delivered: 3, waiting: 0 });
  expect(await codeOf(() => second.submit(outgoing()))).toBe("record_not_kept");
});

test("another key for the same outbox in one process is refused: two tenants need two names", async () => {
  const directory = await testDirectory();
  const baseUrl = await closedPort();
  const first = testOutbox({ directory, baseUrl, apiKey: "key-of-one-tenant" });
  await first.submit(outgoing());
  const open = (name?: string) => openOutbox({ directory, baseUrl, apiKey: "key-of-another", name });
  expect(await codeOf(() => open())).toBe("invalid_option");
  expect(await codeOf(() => open("another"))).toBe("nothing thrown");
});

const ONE = "key-of-one-tenant";
const ANOTHER = "key-of-another-one";

test.each([
  ["two keys, both outboxes made before either is used", ONE, ANOTHER],
  ["two functions", (): string => ONE, async (): Promise<string> => ANOTHER],
  ["a key and a function", ONE, (): string => ANOTHER],
] as const)(
  "with %s no event goes with the other's key, and the second is told",
  async (_what, one, other) => {
    await using platform = await startPlatform(acknowledge);
    const directory = await testDirectory();
    const first = testOutbox({ directory, baseUrl: platform.url, apiKey: one });
    const second = testOutbox({ directory, baseUrl: platform.url, apiKey: other });
    const event = outgoing();
    await first.submit(event);
    expect(await codeOf(() => second.submit(outgoing()))).toBe("invalid_option");
    await first.flush();
    expect(platform.requests.map(({ headers, body }) => [headers["x-api-key"], body])).toEqual([
      [ONE, event.text],
    ]);
  },
);

test("a key function that never answers holds up nobody's record, nor the end of the process", async () => {
  const directory = await testDirectory();
  const baseUrl = await closedPort();
  const first = testOutbox({ directory, baseUrl, apiKey: ONE });
  await first.submit(outgoing());
  const second = testOutbox({ directory, baseUrl, apiKey: () => new Promise<string>(() => {}) });
  await second.submit(outgoing());
  expect(await second.flush({ timeoutMs: 1 })).toMatchObject({ waiting: 1 });
});

test.each([1, 2])(
  "what is submitted right before the outbox is closed is kept (%i outboxes)",
  async (count) => {
    const directory = await testDirectory();
    const baseUrl = await closedPort();
    for (let others = 1; others < count; others++) {
      await testOutbox({ directory, baseUrl, apiKey: (): string => ONE }).submit(outgoing());
    }
    const outbox = testOutbox({ directory, baseUrl, apiKey: async () => ONE });
    const submitted = outbox.submit(outgoing());
    expect(await outbox.close({ timeoutMs: 1 })).toMatchObject({ delivered: 0, waiting: count });
    await submitted;
  },
);

test("an event that comes between an answer and its writing is sent as soon as any other", async () => {
  await using platform = await startPlatform(acknowledge);
  const outbox = testOutbox({ directory: await testDirectory(), baseUrl: platform.url });
  await outbox.submit(outgoing());
  await until(() => platform.requests.length === 1);
  // Written in one transaction with the answer to the first.
  await outbox.submit(outgoing());
  await until(() => platform.requests.length === 2);
});

test("functions that give the same key share one outbox: a hot reload makes a new one each time", async () => {
  await using platform = await startPlatform(acknowledge);
  const directory = await testDirectory();
  const outboxes = Array.from({ length: 5 }, () =>
    testOutbox({ directory, baseUrl: platform.url, apiKey: async () => ONE }),
  );
  await Promise.all(outboxes.map((outbox) => outbox.submit(outgoing())));
  expect(filesOf(directory).filter((file) => file.endsWith(".db"))).toHaveLength(1);
});

test("where a key cannot be had yet nothing waits for it and nothing is mixed", async () => {
  await using platform = await startPlatform(acknowledge);
  const directory = await testDirectory();
  let isThere = false;
  const later = (key: string) => () => {
    if (!isThere) throw new Error("not yet");
    return key;
  };
  const [first, second] = [ONE, ANOTHER].map((key) =>
    testOutbox({ directory, baseUrl: platform.url, apiKey: later(key), timeoutMs: 500 }),
  ) as [ReturnType<typeof testOutbox>, ReturnType<typeof testOutbox>];
  const [one, other] = [outgoing(), outgoing()];
  await first.submit(one);
  await second.submit(other);
  expect(filesOf(directory).filter((file) => file.endsWith(".db"))).toHaveLength(2);
  isThere = true;
  expect(await first.flush()).toMatchObject({ delivered: 1, waiting: 0 });
  expect(await second.flush()).toMatchObject({ delivered: 1, waiting: 0 });
  const sent = platform.requests.map(({ headers, body }) => [headers["x-api-key"], body]);
  expect(new Map(sent as [string, string][])).toEqual(
    new Map([
      [ONE, one.text],
      [ANOTHER, other.text],
    ]),
  );
  expect(sent).toHaveLength(2);
});

test.each([
  { directory: "" },
  { name: "" },
  { name: "a\nb" },
  { maxBytes: 0 },
  { concurrency: 0 },
  { concurrency: 33 },
  { baseUrl: "http://example.com" },
  { apiKey: "" },
])("%o is refused", async (wrong) => {
  const options = { directory: "/tmp", baseUrl: "http://127.0.0.1:1", apiKey: "key", ...wrong };
  expect(await codeOf(() => openOutbox(options))).toBe("invalid_option");
});

test("no key stands in any byte of the directory", async () => {
  const directory = await testDirectory();
  const apiKey = "canary-0123456789-abcdef";
  const outbox = testOutbox({ directory, baseUrl: await closedPort(), apiKey });
  await outbox.submit(outgoing());
  await outbox.flush({ timeoutMs: 20 });
  const files = filesOf(directory);
  expect(files.length).toBeGreaterThan(1);
  for (const file of files.filter((each) => !each.includes("/locks/"))) {
    expect(readFileSync(file).includes(apiKey)).toBe(false);
  }
});

test("what waits while the platform is away goes once it is back, nothing is lost", async () => {
  const directory = await testDirectory();
  const platformDirectory = await testDirectory();
  const first = await testPlatform({ directory: platformDirectory });
  const outbox = testOutbox({ directory, baseUrl: first.url });
  const events = Array.from({ length: 300 }, () => outgoing());
  await outbox.submit(events[0] as (typeof events)[number]);
  await outbox.flush();
  await first.close();
  await Promise.all(events.slice(1).map((event) => outbox.submit(event)));
  expect(await outbox.flush({ timeoutMs: 100 })).toMatchObject({ delivered: 1, waiting: 299 });
  const second = await testPlatform({ directory: platformDirectory, port: first.port });
  await until(async () => (await outbox.flush({ timeoutMs: 1_000 })).waiting === 0);
  const found = await recorded(second);
  expect(events.filter(({ eventId, text }) => found.get(eventId)?.body !== text)).toEqual([]);
  expect(found.size).toBe(300);
}, 60_000);
