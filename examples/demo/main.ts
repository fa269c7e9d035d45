import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComplianceGuardClient, createRecorder, generateKey } from "complianceguard";
import { startServer } from "complianceguard/server";
import { type Endpoint, runAiSdk, runLangChain } from "./agents.ts";
import { checkChain, checkPayload } from "./audit.ts";
import { startLocalProvider } from "./local-provider.ts";
import { listed, showEvents, step, stepsSoFar } from "./output.ts";
import { reviewAnswer } from "./oversight.ts";

const systemId = "cv-screening-demo";
const directory = await mkdtemp(join(tmpdir(), "complianceguard-demo-"));
const server = await startServer({ directory, port: 0, systems: [systemId] });
const apiKey = server.apiKey ?? "";
step(`A platform of your own runs at ${server.url}, its data in ${server.directory}`);

const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL } = process.env;
const isExternal = Boolean(OPENAI_BASE_URL || OPENAI_API_KEY);
const local = isExternal ? undefined : await startLocalProvider();
const endpoint: Endpoint = {
  baseURL: local?.baseUrl ?? OPENAI_BASE_URL ?? "https://api.openai.com/v1",
  apiKey: OPENAI_API_KEY || "none",
  model: OPENAI_MODEL || (isExternal ? "gpt-4o-mini" : "scripted-screener-1"),
};
step(
  local
    ? `The model is a scripted local one that speaks OpenAI's wire format (set OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL for another)`
    : `The model is ${endpoint.model} at ${new URL(endpoint.baseURL).origin}`,
);

const payloadKey = generateKey();
const recorder = createRecorder({
  baseUrl: server.url,
  apiKey,
  systemId,
  version: "demo-1",
  decisionClassification: "automated_decision",
  payloadKey,
  payloadKeyId: "demo-key",
  modelId: endpoint.model,
  outbox: { directory },
});
await recorder.ready();
const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });

try {
  step("A LangChain agent screens applicant 7");
  const first = await recorder.withContext({ correlationId: "applicant-7-langchain" }, () =>
    runLangChain(recorder, endpoint),
  );
  console.log(`  it says: ${first}`);

  step("A streamed AI SDK agent does the same job");
  const second = await recorder.withContext({ correlationId: "applicant-7-ai-sdk" }, () =>
    runAiSdk(recorder, endpoint),
  );
  console.log(`  it says: ${second}`);
  await recorder.flush();

  step("The LangChain agent's decision is reviewed");
  await reviewAnswer(recorder, client, { answer: first, correlationId: "applicant-7-langchain" });
  await recorder.flush();

  step("The record, as the platform shows it: references only, no content");
  const events = await listed(client.listEvents());
  showEvents(events);

  await checkPayload(events, payloadKey);
  await checkChain(server.url, apiKey);
  console.log(
    "\nEvery step was real: HTTP, SQLite, AES-256-GCM. The data and this demo's keys are removed now.",
  );
} catch (error) {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  console.error(
    `\nThe demo stopped at step ${stepsSoFar()}, with ${endpoint.model} at ${endpoint.baseURL}: ${reason}`,
  );
  process.exitCode = 1;
} finally {
  await recorder.close();
  await client.close();
  await server.close();
  local?.close();
  await rm(directory, { recursive: true, force: true });
}
