// A Next.js chat route, called without Next.js: see examples/nextjs. Run: npm run example examples/nextjs-route.ts
import { mkdtemp, rm } from "node:fs/promises";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComplianceGuardClient } from "complianceguard";
import { startServer } from "complianceguard/server";
import { responseIsOut } from "./nextjs/next-server.ts";
import { offlineOpenAi, text, toolCall } from "./nextjs/offline-openai.ts";

const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
const server = await startServer({ directory, port: 0, systems: ["cv-screening-prod"] });
const apiKey = server.apiKey ?? "";

// What an `.env.local` would give, and a provider that answers offline.
process.env["COMPLIANCEGUARD_BASE_URL"] = server.url;
process.env["COMPLIANCEGUARD_API_KEY"] = apiKey;
process.env["OPENAI_API_KEY"] = "none needed";
process.chdir(directory);
globalThis.fetch = offlineOpenAi([
  toolCall("score", { applicant: 7 }),
  text("Short-list ", "applicant ", "7."),
]);

// Next.js resolves `next/server` itself; here it is the stand-in.
const standIn = new URL("./nextjs/next-server.ts", import.meta.url).href;
registerHooks({ resolve: (name, from, next) => next(name === "next/server" ? standIn : name, from) });
const { POST } = await import("./nextjs/app/api/chat/route.ts");

// What `useChat` posts.
const parts = [{ type: "text", text: "Short-list applicant 7?" }];
const id = "0197b0a4-7c1e-7000-8000-000000000007";
const body = JSON.stringify({ id, messages: [{ id: "1", role: "user", parts }], trigger: "submit-message" });
const response = await POST(new Request("https://agent.example/api/chat", { method: "POST", body }));
console.log(await response.text());
console.log(await responseIsOut());

const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
for await (const event of client.listEvents())
  console.log(event.actor?.type, event.actor?.name ?? event.modelId, event.correlationId);
await client.close();
await server.close();
await rm(directory, { recursive: true, force: true });
