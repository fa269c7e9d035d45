import { mkdtemp, rm } from "node:fs/promises";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComplianceGuardClient } from "complianceguard";
import { startServer } from "complianceguard/server";
import { responseIsOut } from "../../examples/nextjs/next-server.ts";
import { offlineOpenAi, text } from "../../examples/nextjs/offline-openai.ts";

// The example's Next.js route in a process of its own, as a client makes it happen to it: `whole`, `left` (the connection is
// gone, which Next.js tells by the request's signal), `unread` (the reader cancels, and no signal says so) or `chat id`.

const happening = process.argv[2];
const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
const server = await startServer({ directory, port: 0, systems: ["cv-screening-prod"] });
const apiKey = server.apiKey ?? "";

const standIn = new URL("../../examples/nextjs/next-server.ts", import.meta.url).href;
registerHooks({ resolve: (name, from, next) => next(name === "next/server" ? standIn : name, from) });
process.chdir(directory);
// Before the environment is there, as a build loads it.
const { POST, runtime } = await import("../../examples/nextjs/app/api/chat/route.ts");
Object.assign(process.env, {
  COMPLIANCEGUARD_BASE_URL: server.url,
  COMPLIANCEGUARD_API_KEY: apiKey,
  OPENAI_API_KEY: "none",
});

const words = Array.from({ length: 200 }, (_, index) => `word ${index} `);
const answer = offlineOpenAi([text(...words)]);
globalThis.fetch = happening === "left" ? stallingAfter(40, answer) : answer;

const controller = new AbortController();
const parts = [{ type: "text", text: "Short-list applicant 7?" }];
const id = happening === "chat id" ? "+31 6 1234 5678" : "0197b0a4-7c1e-7000-8000-000000000007";
const body = JSON.stringify({ id, messages: [{ id: "1", role: "user", parts }] });
const request = new Request("https://agent.example/chat", {
  method: "POST",
  body,
  signal: controller.signal,
});
const response = await POST(request);
if (happening === "left" || happening === "unread") {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (let count = 0; count < 10; count++) await reader.read();
  if (happening === "left") controller.abort();
  await reader.cancel().catch(() => {});
  for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
} else await response.text();
const [status] = await responseIsOut();

const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
const events: object[] = [];
for await (const event of client.listEvents()) if (event.actor?.type !== "recorder") events.push(event);
console.log(JSON.stringify({ runtime, status, events }));
await client.close();
await server.close();
await rm(directory, { recursive: true, force: true });

/** The answer's first events, and then nothing until the request is aborted. */
function stallingAfter(count: number, whole: typeof fetch): typeof fetch {
  return async (...call) => {
    const lines = (await (await whole(...call)).text()).split(/(?<=\n\n)/).slice(0, count);
    const stream = new ReadableStream({
      start(out) {
        for (const line of lines) out.enqueue(new TextEncoder().encode(line));
        call[1]?.signal?.addEventListener("abort", () => out.error(new DOMException("gone", "AbortError")));
      },
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  };
}
