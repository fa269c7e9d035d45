import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { RunningServer } from "../../src/server/serve.ts";
import { API_KEY, testDirectory, testPlatform } from "../server/test-platform.ts";
import { outgoing, testOutbox } from "./fixtures.ts";
import { recorded } from "./writers.ts";

const EVENTS = Number(process.env["CRASH_CHAOS_EVENTS"] ?? 2_000);
/** So many requests of a hundred meet trouble. */
const TROUBLE_PERCENT = 20;

/** What goes wrong on the way. Each is given the request's body and a way to pass it on. */
const mishaps: Record<string, (answer: ServerResponse, pass: () => Promise<Response>) => Promise<void>> = {
  drop: async (answer) => void answer.destroy(),
  duplicate: async (answer, pass) => {
    await pass();
    await passAnswer(answer, await pass());
  },
  "cut after the request": async (answer, pass) => {
    await pass();
    answer.destroy();
  },
  "cut in the answer": async (answer, pass) => {
    const text = await (await pass()).text();
    answer.writeHead(201, { "content-length": text.length }).write(text.slice(0, text.length / 2));
    setImmediate(() => answer.destroy());
  },
  "wrong JSON": async (answer, pass) => {
    await pass();
    answer.writeHead(200).end("{}");
  },
  "no JSON": async (answer) => void answer.writeHead(200).end("<html>"),
  "a gateway's error": async (answer) => void answer.writeHead(502).end("bad gateway"),
  delay: async (answer, pass) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await passAnswer(answer, await pass());
  },
};

async function passAnswer(answer: ServerResponse, from: Response): Promise<void> {
  answer.writeHead(from.status).end(await from.text());
}

/** A way to the platform on which things go wrong; `met` counts what did. */
async function badWay(server: RunningServer): Promise<{ url: string; met: Map<string, number> }> {
  const met = new Map<string, number>();
  const names = Object.keys(mishaps);
  let turn = 0;
  const way = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const headers = { "x-api-key": API_KEY, "content-type": "application/json" };
    const pass = (): Promise<Response> =>
      fetch(`${server.url}${request.url}`, { method: "POST", headers, body });
    if (Math.random() * 100 >= TROUBLE_PERCENT) return void passAnswer(answer, await pass());
    const name = names[turn++ % names.length] as string;
    met.set(name, (met.get(name) ?? 0) + 1);
    await mishaps[name]?.(answer, pass);
  });
  way.listen(0, "127.0.0.1");
  await once(way, "listening");
  onTestFinished(() => {
    way.closeAllConnections();
    way.close();
  });
  return { url: `http://127.0.0.1:${(way.address() as AddressInfo).port}`, met };
}

test(
  `over a bad network the platform ends with the ${EVENTS} events that were accepted, each once`,
  async () => {
    const server = await testPlatform();
    const way = await badWay(server);
    const outbox = testOutbox({ directory: await testDirectory(), baseUrl: way.url, timeoutMs: 5_000 });
    const events = Array.from({ length: EVENTS }, () => outgoing());
    await Promise.all(events.map((event) => outbox.submit(event)));
    const timeoutMs = Math.max(100_000, EVENTS * 25);
    expect(await outbox.flush({ timeoutMs })).toEqual({ delivered: EVENTS, waiting: 0, deadLetters: 0 });
    const found = await recorded(server);
    expect(found.size).toBe(EVENTS);
    expect(events.filter(({ eventId, text }) => found.get(eventId)?.body !== text)).toEqual([]);
    expect([...found.values()].filter(({ count }) => count !== 1)).toEqual([]);
    expect([...way.met.keys()].toSorted()).toEqual(Object.keys(mishaps).toSorted());
  },
  Math.max(120_000, EVENTS * 30),
);
