// A request handler on a serverless host: it answers at once, and its event still arrives. Run: npm run example examples/serverless.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComplianceGuardClient, createRecorder } from "complianceguard";
import { startServer } from "complianceguard/server";

const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
const server = await startServer({ directory, port: 0, systems: ["cv-screening-prod"] });
const apiKey = server.apiKey ?? "";

// The host's part, as Vercel and Cloudflare have it: it lets the instance live until what it was given has settled.
const background: Promise<unknown>[] = [];
const host = { waitUntil: (work: Promise<unknown>): void => void background.push(work) };

const recorder = createRecorder({
  baseUrl: server.url,
  apiKey,
  systemId: "cv-screening-prod",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
  outbox: false, // no disk outlives the instance: events are sent directly
  onError: ({ code }) => console.error("not recorded:", code),
});

/** Answers a request. Whatever framework you use, its model call stands where `run` is. */
function handle(request: Request, waitUntil: (work: Promise<unknown>) => void): Response {
  const applicant = Number(new URL(request.url).searchParams.get("applicant"));
  const run = recorder.start({
    kind: "model",
    modelId: "gpt-5",
    correlationId: `application-${applicant}`,
    input: () => ({ applicant }),
  });
  const decision = { shortlist: applicant % 2 === 1 };
  void run.succeed({ output: decision });
  waitUntil(recorder.flush({ timeoutMs: 10_000 }));
  return Response.json(decision);
}

const response = handle(new Request("https://agent.example/decide?applicant=7"), host.waitUntil);
console.log("answered:", await response.text());

// Here the host would freeze the instance; thanks to waitUntil it does so only now.
const statuses = await Promise.all(background);
console.log("before the instance may go:", statuses);

const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
for await (const event of client.listEvents())
  console.log(event.actor?.type, event.modelId, event.correlationId);
await client.close();
await recorder.close();
await server.close();
