import { parentPort, workerData } from "node:worker_threads";
import type { IngestResult } from "../client/answers.ts";
import { ComplianceGuardClient } from "../client/client.ts";
import { MAX_TIMEOUT_MS } from "../core/timer-limit.ts";
import type {
  FromWorker,
  OutboxMethod,
  OutboxOpening,
  Question,
  RecordRequest,
  Refused,
  ToWorker,
} from "./messages.ts";
import { OutboxHost } from "./outbox-host.ts";
import { errorOf, plainErrorOf } from "./plain-error.ts";

// The thread that owns the files and sends. Started by outbox-thread.ts and by nothing else.

const port = parentPort;
const opening = workerData as OutboxOpening;
const questions = new Map<number, PromiseWithResolvers<unknown>>();
let lastQuestion = 0;

function say(message: FromWorker): void {
  port?.postMessage(message);
}

/** Asks the application's thread. */
function ask(question: Question): Promise<unknown> {
  const answer = Promise.withResolvers<unknown>();
  const id = ++lastQuestion;
  questions.set(id, answer);
  say({ kind: "ask", id, question });
  return answer.promise;
}

async function apiKey(): Promise<string> {
  return opening.fixedKey ?? ((await ask({ what: "key" })) as string);
}

function keepAll(host: OutboxHost, id: number, records: readonly RecordRequest[], bytes: Uint8Array): void {
  const refusals: Refused[] = [];
  let undecided = records.length;
  const decided = (): void => {
    if (--undecided === 0) say({ kind: "kept", id, refusals });
  };
  let offset = 0;
  for (const [index, request] of records.entries()) {
    const body = bytes.subarray(offset, offset + request.size);
    offset += request.size;
    const refused = (error: unknown): void => {
      refusals.push({ index, error: plainErrorOf(error) });
      decided();
    };
    host.keep({ request, body, kept: decided, refused });
  }
}

const methods: Record<OutboxMethod, (host: OutboxHost, input: unknown) => unknown> = {
  ready: () => undefined,
  status: (host) => host.status(),
  flush: (host, timeoutMs) => host.flush(Math.min(timeoutMs as number, MAX_TIMEOUT_MS)),
  replay: (host, eventId) => host.replay(eventId as string | undefined),
  deadLetters: (host) => host.deadLetters(),
  drop: (host, eventId) => host.drop(eventId as string),
  close: (host) => host.close(),
};

async function call(host: OutboxHost, id: number, method: OutboxMethod, input: unknown): Promise<void> {
  try {
    say({ kind: "reply", id, output: await methods[method](host, input) });
  } catch (error) {
    say({ kind: "reply", id, error: plainErrorOf(error) });
  }
  if (method !== "close") return;
  await client?.close();
  port?.close();
}

const client = opening.sendsOutside
  ? undefined
  : new ComplianceGuardClient({
      baseUrl: opening.baseUrl,
      timeoutMs: opening.timeoutMs,
      maxRetries: 0,
      apiKey,
    });

function send(eventId: string, body: Uint8Array): Promise<IngestResult> {
  if (client) return client.postEventBody(body, { eventId });
  return ask({ what: "send", eventId, body }) as Promise<IngestResult>;
}

try {
  const host = new OutboxHost(opening, {
    send,
    apiKey,
    report: (trouble) => say({ kind: "trouble", trouble }),
  });
  port?.on("message", (message: ToWorker) => {
    if (message.kind === "records") keepAll(host, message.id, message.records, message.bytes);
    else if (message.kind === "call") void call(host, message.id, message.method, message.input);
    else {
      const question = questions.get(message.id);
      questions.delete(message.id);
      if (message.error) question?.reject(errorOf(message.error));
      else question?.resolve(message.output);
    }
  });
  // What dead processes left counts from the first answer on.
  host.start();
  say({ kind: "reply", id: 0, output: host.ownFile });
} catch (error) {
  say({ kind: "reply", id: 0, error: plainErrorOf(error) });
}
