import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";

/** A request as a test server received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Answers the n-th request, counted from 0. */
export type Answerer = (answer: ServerResponse, request: ReceivedRequest, n: number) => void;

/** A running test server. */
export interface TestPlatform extends AsyncDisposable {
  readonly url: string;
  /** What it received, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** How many connections were opened to it. */
  readonly connections: number;
}

/** A real HTTP server that answers as a test wants, also as no platform would. */
export async function startPlatform(answerer: Answerer): Promise<TestPlatform> {
  const requests: ReceivedRequest[] = [];
  let connections = 0;
  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = request;
    const received = { method, url, headers, body: Buffer.concat(chunks).toString() };
    answerer(answer, received, requests.push(received) - 1);
  });
  server.on("connection", () => connections++);
  const url = await listen(server);
  return {
    url,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A server below HTTP: writes what it likes to each connection once a request has begun. */
export async function startRawServer(
  answerer: (socket: Socket, request: string) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (data) => answerer(socket, data.toString("latin1")));
  });
  const url = await listen(server);
  return {
    url,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A port of this machine where nothing listens. */
export async function closedPort(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  server.close();
  await once(server, "close");
  return url;
}

/** What a platform answers to an event. */
export function receiptFor(eventId: string): Record<string, string | number> {
  return {
    event_id: eventId,
    system_id: "cv-screening-prod",
    environment_id: "env_1",
    sequence_number: 7,
    ingested_at_utc: "2026-05-01T12:00:01Z",
    event_hash: "ab".repeat(32),
    event_id_source: "client",
    receipt_id: "rcpt_1",
  };
}

/** Answers a request to record an event as a healthy platform does. */
export const acknowledge: Answerer = (answer, { body }) =>
  answerJson(answer, 201, receiptFor(JSON.parse(body).eventId));

/** Answers with JSON. */
export function answerJson(answer: ServerResponse, status: number, value: unknown, headers = {}): void {
  answer.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
