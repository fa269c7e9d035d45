import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One scripted answer. `status`, `json` and `events` decide its form; else it is a chat completion. */
export interface ScriptedAnswer {
  readonly text?: string;
  /** Calls the model proposes; `arguments` is the raw text a model would write. */
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** What reasoning models of OpenAI-compatible providers send beside the text. */
  readonly reasoning?: string;
  /** @default "tool_calls" with tool calls, else "stop" */
  readonly finishReason?: string;
  /** Code points in each piece of a stream. @default 4 */
  readonly pieceLength?: number;
  /** The model that answers. @default the requested one */
  readonly model?: string;
  /** An HTTP error with `error` as its problem: `{ status: 429 }`. It asks for a retry after one millisecond. */
  readonly status?: number;
  readonly error?: Readonly<Record<string, unknown>>;
  /** A body sent as it is, for recorded answers of any provider. */
  readonly json?: unknown;
  /** The data of server-sent events, sent as they are (the event's name is the data's `type`); with `json` only to who asks for a stream. */
  readonly events?: readonly string[];
  /** Of a stream: the connection is cut after so many events. Of a plain answer: cut in the middle of the body. */
  readonly cutAfter?: number;
  /** The connection is reset before anything is answered. */
  readonly isReset?: boolean;
  /** Nothing more is sent after so many events (0: not even the head), and the connection stays open. */
  readonly hangAfter?: number;
}

/** The body of a request, with the fields the server reads itself. */
export interface SeenBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages?: readonly unknown[];
  readonly [field: string]: unknown;
}

/** A request as the server saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: SeenBody;
}

/** A local server that speaks OpenAI's wire format, plain and streamed, at `/v1/chat/completions`. */
export interface OpenAiServer {
  /** For `configuration: { baseURL }`; ends in `/v1`. */
  readonly baseURL: string;
  readonly requests: readonly SeenRequest[];
  /** Appends to the script. */
  script(...answers: readonly ScriptedAnswer[]): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the server on a free port. Answers are given in their order, the last one again and again; a function decides by request.
 *
 * @example
 * await using server = await startOpenAiServer([{ text: "Paris" }]);
 * const model = new ChatOpenAI({ model: "gpt-5", apiKey: "none", maxRetries: 0, configuration: { baseURL: server.baseURL } });
 */
export async function startOpenAiServer(
  answers: readonly ScriptedAnswer[] | ((request: SeenRequest) => ScriptedAnswer) = [{ text: "ok" }],
): Promise<OpenAiServer> {
  const script = Array.isArray(answers) ? [...answers] : [];
  const requests: SeenRequest[] = [];
  let last: ScriptedAnswer = { text: "ok" };
  const next = (request: SeenRequest): ScriptedAnswer => {
    last = typeof answers === "function" ? answers(request) : (script.shift() ?? last);
    return last;
  };
  const server = createServer(async (incoming, response) => {
    let text = "";
    for await (const part of incoming.setEncoding("utf8")) text += part;
    const request = { path: incoming.url ?? "", headers: incoming.headers, body: JSON.parse(text || "{}") };
    requests.push(request);
    send(response, next(request), request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    script: (...more) => void script.push(...more),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function send(response: ServerResponse, answer: ScriptedAnswer, request: SeenRequest): void {
  const isStream = request.body.stream === true || request.path.includes("streamGenerateContent");
  if (answer.hangAfter === 0) return;
  if (answer.isReset) response.socket?.resetAndDestroy();
  else if (answer.status !== undefined) sendError(response, answer.status, answer.error);
  else if (answer.events !== undefined && (isStream || answer.json === undefined))
    sendEvents(response, answer.events, answer);
  else if (isStream && answer.json === undefined) {
    sendEvents(response, [...completionChunks(answer, request), "[DONE]"], answer);
  } else sendJson(response, answer.json ?? completion(answer, request), answer.cutAfter !== undefined);
}

function sendError(response: ServerResponse, status: number, error: ScriptedAnswer["error"]): void {
  const body = {
    error: { message: `scripted ${status}`, type: "scripted_error", code: null, param: null, ...error },
  };
  const headers = { "content-type": "application/json", "retry-after-ms": "1" };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

function sendJson(response: ServerResponse, value: unknown, isCut: boolean): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  if (isCut) response.write(body.slice(0, body.length / 2), () => response.destroy());
  else response.end(body);
}

function sendEvents(response: ServerResponse, events: readonly string[], answer: ScriptedAnswer): void {
  const sent = events.slice(0, answer.cutAfter ?? answer.hangAfter ?? events.length);
  const text = sent.map((data) => `${eventName(data)}data: ${data}\n\n`).join("");
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (answer.cutAfter !== undefined) response.write(text, () => response.destroy());
  else if (answer.hangAfter !== undefined) response.write(text);
  else response.end(text);
}

function eventName(data: string): string {
  const name = /^\{\s*"type"\s*:\s*"([\w.]+)"/.exec(data)?.[1];
  return name === undefined ? "" : `event: ${name}\n`;
}

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

function envelope(answer: ScriptedAnswer, request: SeenRequest): Record<string, unknown> {
  return { id: "chatcmpl-1", created: 1, model: answer.model ?? request.body.model };
}

const finishOf = (answer: ScriptedAnswer): string =>
  answer.finishReason ?? (answer.toolCalls === undefined ? "stop" : "tool_calls");

function completion(answer: ScriptedAnswer, request: SeenRequest): Record<string, unknown> {
  const toolCalls = answer.toolCalls?.map(({ id, name, arguments: text }) => ({
    id,
    type: "function",
    function: { name, arguments: text },
  }));
  const message = {
    role: "assistant",
    content: answer.text ?? null,
    ...(toolCalls && { tool_calls: toolCalls }),
    ...(answer.reasoning && { reasoning_content: answer.reasoning }),
  };
  const choices = [{ index: 0, message, finish_reason: finishOf(answer), logprobs: null }];
  return { ...envelope(answer, request), object: "chat.completion", choices, usage };
}

/** The same answer as a stream: reasoning, text and arguments in pieces, usage last. */
function completionChunks(answer: ScriptedAnswer, request: SeenRequest): string[] {
  const deltas: Record<string, unknown>[] = [{ role: "assistant", content: "" }];
  for (const piece of pieces(answer, answer.reasoning)) deltas.push({ reasoning_content: piece });
  for (const piece of pieces(answer, answer.text)) deltas.push({ content: piece });
  answer.toolCalls?.forEach((call, index) => {
    const head = { index, id: call.id, type: "function", function: { name: call.name, arguments: "" } };
    deltas.push({ tool_calls: [head] });
    for (const piece of pieces(answer, call.arguments))
      deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
  });
  const head = { ...envelope(answer, request), object: "chat.completion.chunk" };
  const chunk = (delta: unknown, finish: string | null) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const isUsageWanted = request.body.stream_options?.include_usage === true;
  return [
    ...deltas.map((delta) => chunk(delta, null)),
    chunk({}, finishOf(answer)),
    ...(isUsageWanted ? [{ ...head, choices: [], usage }] : []),
  ].map((each) => JSON.stringify(each));
}

const pieces = ({ pieceLength = 4 }: ScriptedAnswer, text = ""): string[] =>
  text.match(new RegExp(`.{1,${pieceLength}}`, "gsu")) ?? [];
