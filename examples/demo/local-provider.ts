import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Message = { role: string; content: unknown; tool_calls?: { function: { name: string } }[] };
type Answer = { content: string | null; tool_calls?: object[] };

/**
 * A model for machines without one: speaks OpenAI's chat completions over HTTP, streams included, with answers scripted for
 * the demo's job. It looks only at which tools have been called so far.
 */
export async function startLocalProvider(): Promise<{ baseUrl: string; close: () => void }> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, close: () => server.close() };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { messages, stream } = JSON.parse(Buffer.concat(chunks).toString()) as {
    messages: Message[];
    stream?: boolean;
  };
  const message = nextMessage(messages);
  const finish_reason = message.tool_calls ? "tool_calls" : "stop";
  const shared = { id: `chatcmpl-${messages.length}`, created: 1777636800, model: "scripted-screener-1" };
  const usage = {
    prompt_tokens: 40 * messages.length,
    completion_tokens: 20,
    total_tokens: 40 * messages.length + 20,
  };
  if (!stream) {
    response.setHeader("content-type", "application/json");
    const choices = [{ index: 0, message: { role: "assistant", ...message }, finish_reason }];
    response.end(JSON.stringify({ ...shared, object: "chat.completion", choices, usage }));
    return;
  }
  response.setHeader("content-type", "text/event-stream");
  const send = (delta: object, reason: string | null) => {
    const choices = [{ index: 0, delta, finish_reason: reason }];
    response.write(`data: ${JSON.stringify({ ...shared, object: "chat.completion.chunk", choices })}\n\n`);
  };
  send({ role: "assistant", content: "" }, null);
  for (const word of message.content?.match(/\S+\s*/g) ?? []) send({ content: word }, null);
  if (message.tool_calls) send({ tool_calls: message.tool_calls }, null);
  send({}, finish_reason);
  response.write(
    `data: ${JSON.stringify({ ...shared, object: "chat.completion.chunk", choices: [], usage })}\n\n`,
  );
  response.end("data: [DONE]\n\n");
}

function nextMessage(messages: Message[]): Answer {
  const called = messages.flatMap(({ tool_calls }) => tool_calls ?? []).map(({ function: { name } }) => name);
  if (!called.includes("job_requirements")) return call("job_requirements", { job: 12 });
  if (!called.includes("score_applicant")) return call("score_applicant", { applicant: 7 });
  return { content: "Short-list applicant 7: six years of experience and a score of 0.82." };
}

function call(name: string, parameters: object): Answer {
  const id = `call_${crypto.randomUUID().slice(0, 8)}`;
  const text = JSON.stringify(parameters);
  return {
    content: null,
    tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: text } }],
  };
}
