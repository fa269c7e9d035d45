import { setTimeout as wait } from "node:timers/promises";
import { Agent } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { keyInTime } from "../../src/outbox/key-in-time.ts";
import { closedPort } from "../client/platform-double.ts";
import { API_KEY, testDirectory, testPlatform } from "../server/test-platform.ts";
import { codeOf } from "../support/error-code.ts";
import { outgoing, testOutbox, until } from "./fixtures.ts";
import { recorded } from "./writers.ts";

const never = (): Promise<string> => new Promise<string>(() => {});

test("a key that does not come in time is refused, one that does is given, a fixed one stays as it is", async () => {
  expect(keyInTime("fixed", 1)).toBe("fixed");
  const given = keyInTime(async () => "in time", 10_000);
  expect(typeof given === "function" && (await given())).toBe("in time");
  const late = keyInTime(never, 1) as () => Promise<string>;
  // Its own timer holds no process open, so something else has to.
  expect(await Promise.race([codeOf(late), wait(20_000, "nothing")])).toBe("key_unavailable");
});

test("an apiKey function that never answers holds up neither what is kept, nor adoption, nor flush, nor status", async () => {
  const server = await testPlatform();
  const directory = await testDirectory();
  const left = [outgoing(), outgoing()];
  const first = testOutbox({ directory, baseUrl: server.url });
  for (const event of left) await first.begin(event);
  await first.close({ timeoutMs: 0 });

  const key = Promise.withResolvers<string>();
  const apiKey = (): Promise<string> => key.promise;
  const second = testOutbox({ directory, baseUrl: server.url, apiKey, timeoutMs: 60_000 });
  const own = outgoing();
  await second.submit(own);
  expect(await second.flush({ timeoutMs: 50 })).toEqual({ delivered: 0, waiting: 3, deadLetters: 0 });
  // Adopted, and not yet judged: nobody knows whose key will come.
  expect(await second.status()).toMatchObject({ waiting: 3, held: 0, open: 0 });
  expect(second.troubles).toEqual([]);
  key.resolve(API_KEY);
  expect(await second.flush()).toEqual({ delivered: 3, waiting: 0, deadLetters: 0 });
  expect([...(await recorded(server)).keys()].toSorted()).toEqual(
    [...left, own].map(({ eventId }) => eventId).toSorted(),
  );
});

test("a key that does not come is told of, and everything is kept", async () => {
  const outbox = testOutbox({
    directory: await testDirectory(),
    baseUrl: await closedPort(),
    apiKey: never,
    timeoutMs: 20,
  });
  await outbox.submit(outgoing());
  await until(() => outbox.troubles.length > 0);
  expect(outbox.troubles).toMatchObject([{ code: "key_unavailable" }]);
  expect(await outbox.status()).toMatchObject({ waiting: 1 });
  expect(await outbox.close({ timeoutMs: 0 })).toMatchObject({ waiting: 1 });
});

test.each(["fetch", "dispatcher"] as const)(
  "through a %s of the application's, too, a key that does not come holds up one try and no more",
  async (way) => {
    const server = await testPlatform();
    let asked = 0;
    // The outbox asks once, and then for each request.
    const apiKey = (): Promise<string> => (++asked <= 2 ? never() : Promise.resolve(API_KEY));
    const agent = new Agent();
    onTestFinished(() => agent.close());
    const outbox = testOutbox({
      directory: await testDirectory(),
      baseUrl: server.url,
      apiKey,
      timeoutMs: 300,
      ...(way === "fetch" ? { fetch } : { dispatcher: agent }),
    });
    const event = outgoing();
    await outbox.submit(event);
    expect(await outbox.flush()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
    expect(asked).toBeGreaterThan(2);
    expect((await recorded(server)).get(event.eventId)?.body).toBe(event.text);
    expect(outbox.troubles).toMatchObject([{ code: "key_unavailable" }]);
  },
);
