import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { verifyChain } from "../../src/evidence/verify-chain.ts";
import type { RunningServer } from "../../src/server/serve.ts";
import { API_KEY, eventFields, post, readChain, testDirectory, testPlatform } from "./test-platform.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const KILLS = 6;
const SENDERS = 8;

/** The platform in a process of its own, and where it is reached. */
async function serveIn(directory: string): Promise<{ child: ChildProcess; server: RunningServer }> {
  const child = spawn(
    process.execPath,
    [MAIN, "serve", "--port", "0", "--system", "s", "--directory", directory],
    {
      env: { ...process.env, COMPLIANCEGUARD_SERVER_API_KEY: API_KEY },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const url = /http:\S+/.exec(line)?.[0];
    if (url) return { child, server: { url } as RunningServer };
  }
  throw new Error("the server did not start");
}

test("every acknowledged event is there after kill -9, each once, in a chain that is whole", async () => {
  const directory = await testDirectory();
  const acknowledged = new Map<string, { receipt: unknown; body: string }>();
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, server } = await serveIn(directory);
    const died = once(child, "exit");
    const killAfter = acknowledged.size + 20 + Math.floor(Math.random() * 100);
    const send = async (): Promise<void> => {
      while (child.exitCode === null && child.signalCode === null) {
        const event = eventFields();
        const answer = await post(server, event).catch(() => undefined);
        if (answer === undefined) return;
        expect(answer.status).toBe(201);
        acknowledged.set(event.eventId, { receipt: answer.body, body: JSON.stringify(event) });
        if (acknowledged.size >= killAfter) child.kill("SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, send));
    await died;
  }

  const server = await testPlatform({ directory });
  const { links, head } = await readChain(server);
  const report = await verifyChain(links, { statedHead: () => head });
  expect(report).toMatchObject({ isConsistent: true, findings: [] });
  expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS * 20);
  // What was stored but not acknowledged any more is at most what was under way at each kill.
  expect(links.length - acknowledged.size).toBeLessThanOrEqual(KILLS * SENDERS);
  const bodies = new Map(links.map(({ eventId, body }) => [eventId, body]));
  expect(bodies.size).toBe(links.length);
  for (const [eventId, { body }] of acknowledged) expect(bodies.get(eventId)).toBe(body);
  for (const { receipt, body } of [...acknowledged.values()].slice(-20)) {
    expect(await post(server, body)).toMatchObject({ status: 200, body: receipt });
  }
}, 60_000);

test("what is under way when the server is closed is answered, and then it is gone", async () => {
  const directory = await testDirectory();
  const first = await testPlatform({ directory });
  const events = Array.from({ length: 60 }, () => eventFields());
  const sent = Promise.allSettled(events.map((event) => post(first, event)));
  await post(first, eventFields());
  await first.close();
  const answered = (await sent).flatMap((answer, index) =>
    answer.status === "fulfilled" && answer.value.status === 201 ? [events[index]?.eventId] : [],
  );
  expect(answered.length).toBeGreaterThan(0);

  const second = await testPlatform({ directory });
  const { links, head } = await readChain(second);
  expect(links.map(({ eventId }) => eventId)).toEqual(expect.arrayContaining(answered));
  expect(await verifyChain(links, { statedHead: () => head })).toMatchObject({ isConsistent: true });
  await expect(post(first, eventFields())).rejects.toThrow();
});
