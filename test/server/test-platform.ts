import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { ChainLink } from "../../src/evidence/chain-link.ts";
import type { ServerOptions } from "../../src/server/options.ts";
import { type RunningServer, startServer } from "../../src/server/serve.ts";

/** The reference of an absent component. */
export const EMPTY_REFERENCE = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/** A key with every scope, for tests that need to know it. */
export const API_KEY = "a-key-only-for-these-tests";

/** A directory that is gone when the test is over. */
export async function testDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A platform of its own for one test, closed when the test is over. */
export async function testPlatform(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const directory = options.directory ?? (await testDirectory());
  const server = await startServer({ port: 0, apiKey: API_KEY, systems: ["s"], ...options, directory });
  onTestFinished(() => server.close());
  return server;
}

/** A platform that all tests of a file share. It runs once the first test does. */
export function sharedPlatform(options: Partial<ServerOptions> = {}): () => RunningServer {
  let server: RunningServer;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
    server = await startServer({ port: 0, apiKey: API_KEY, systems: ["s"], ...options, directory });
  });
  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
  return () => server;
}

/** The fields of an event, the required ones as they should be. */
export function eventFields(fields: object = {}): Record<string, unknown> & { readonly eventId: string } {
  return {
    eventId: crypto.randomUUID(),
    systemId: "s",
    occurredAtUtc: "2026-05-01T12:00:00Z",
    modelId: "gpt-5",
    version: "1",
    decisionClassification: "automated_decision",
    inputReference: EMPTY_REFERENCE,
    outputReference: EMPTY_REFERENCE,
    metadataReference: EMPTY_REFERENCE,
    ...fields,
  };
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

/** Asks with the test's key, and reads the answer. */
export async function ask(server: RunningServer, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { "x-api-key": API_KEY, "content-type": "application/json", ...init.headers };
  const response = await fetch(`${server.url}${path}`, { ...init, headers });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === "" ? "" : JSON.parse(text),
  };
}

/** Posts an event: its fields, or the text of its body. */
export function post(server: RunningServer, event: object | string): Promise<Answer> {
  return ask(server, "/v1/events", {
    method: "POST",
    body: typeof event === "string" ? event : JSON.stringify(event),
  });
}

/** All links of the chain, and the head the server states. */
export async function readChain(
  server: RunningServer,
): Promise<{ links: ChainLink[]; head: { sequenceNumber: number; eventHash: string } }> {
  const links: ChainLink[] = [];
  for (let after = 0; ; ) {
    const { body } = await ask(server, `/v1/chain?after=${after}&limit=1000`);
    links.push(...body.links);
    if (body.nextAfter === null) return { links, head: body.head };
    after = body.nextAfter;
  }
}
