import { readFileSync } from "node:fs";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type ProviderName, providerModel } from "../support/ai-sdk-providers.ts";
import { newestSdks, type SdkCase } from "../support/ai-sdks.ts";
import { langChainModels } from "../support/langchain-models.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { type Cut, streamEncoders } from "../support/provider-streams.ts";
import { type RecordedEvent, type Recording, startRecording, statusOf } from "../support/recording.ts";
import { type ProviderRecording, providerRecordings } from "../support/recordings.ts";

/** Where the frameworks' own packages do not show the same answer, so that no record could. The docs give the reasons. */
const exceptions = exceptionsInDocs();

const system = "You screen CVs.";
const question = "Short-list applicant 7?";

async function withLangChain(
  provider: string,
  answer: ScriptedAnswer,
  isStream: boolean,
): Promise<RecordedEvent> {
  return await recordedFrom(answer, async (baseURL, { recorder }) => {
    const model = langChainModels[provider]?.(baseURL) as BaseChatModel;
    const messages = [
      { role: "system", content: system },
      { role: "user", content: question },
    ];
    const options = { callbacks: [new ComplianceGuardHandler({ recorder })] };
    if (isStream) for await (const _ of await model.stream(messages, options));
    else await model.invoke(messages, options);
  });
}

async function withAiSdk(
  sdkCase: SdkCase,
  provider: string,
  answer: ScriptedAnswer,
  isStream: boolean,
): Promise<RecordedEvent> {
  const { sdk } = sdkCase;
  return await recordedFrom(answer, async (baseURL, { recorder }) => {
    const settings = { baseURL, modelId: "requested" };
    const model = sdk.wrapLanguageModel({
      model: await providerModel(sdkCase, provider as ProviderName, settings),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    const call = { model, system, prompt: question, maxRetries: 0 };
    if (isStream) await sdk.streamText({ ...call, onError: () => {} }).text;
    else await sdk.generateText(call);
  });
}

async function recordedFrom(
  answer: ScriptedAnswer,
  ask: (baseURL: string, recording: Recording) => Promise<void>,
): Promise<RecordedEvent> {
  await using server = await startOpenAiServer([answer]);
  const recording = startRecording();
  // What a framework itself cannot read becomes an event all the same.
  await ask(server.baseURL, recording).catch(() => {});
  return await recording.only();
}

const isChat = (provider: string) => provider.startsWith("openai") && provider !== "openai-responses";
const answerOf = ({ provider, json, events }: ProviderRecording): ScriptedAnswer =>
  events
    ? { events: isChat(provider) || provider === "deepseek" ? [...events, "[DONE]"] : events }
    : { json };

const isError = ({ name }: ProviderRecording) => /error|429/.test(name);
const recordings = providerRecordings()
  .filter((each) => !isError(each))
  .flatMap(oneResponseEach);

beforeAll(() => {
  // Both frameworks advise their users on the console.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

describe.each(newestSdks)("LangChain and $name give the same references", (sdkCase) => {
  const names = exceptions.filter(({ major }) => (major ?? sdkCase.major) === sdkCase.major);
  const isException = ({ provider, name }: ProviderRecording) =>
    names.some((exception) => exception.name === `${provider}/${name}`);
  const both = recordings.filter((each) => !isException(each));

  test.each(both)("of $provider/$name as it was recorded", async (recording) => {
    const isStream = recording.events !== undefined;
    const langChain = await withLangChain(recording.provider, answerOf(recording), isStream);
    const aiSdk = await withAiSdk(sdkCase, recording.provider, answerOf(recording), isStream);
    expect([statusOf(langChain), statusOf(aiSdk)]).toEqual(["success", "success"]);
    expect(shown(aiSdk, recording)).toEqual(shown(langChain, recording));
    if (!idsAreMadeUp(recording)) expect(aiSdk.outputReference).toBe(langChain.outputReference);
    expect(aiSdk.inputReference).toBe(langChain.inputReference);
  });

  const seed = Number(process.env["TEST_SEED"] ?? Date.now() % 2 ** 31);
  const random = randomNumbers(seed);

  test.each(both.filter(({ json }) => json))(
    `of $provider/$name whether it is given at once or streamed, cut at random (TEST_SEED=${seed})`,
    async (recording) => {
      const { provider, json } = recording;
      const plain = await withLangChain(provider, { json }, false);
      for (let round = 0; round < 3; round++) {
        const events = streamEncoders[provider]?.(json as never, randomCut(random)) ?? [];
        for (const streamed of [
          await withLangChain(provider, { events }, true),
          await withAiSdk(sdkCase, provider, { events }, true),
        ]) {
          expect(statusOf(streamed)).toBe("success");
          expect(shown(streamed, recording)).toEqual(shown(plain, recording));
          if (!idsAreMadeUp(recording)) expect(streamed.outputReference).toBe(plain.outputReference);
          expect(streamed.inputReference).toBe(plain.inputReference);
        }
      }
    },
  );

  test.each([
    ["google", "google-429-retry-info.json", 429],
    ["openai-responses", "openai-error.1.json", 429],
    ["openai", "reasoning-model-legacy-parameter-error.json", 400],
  ] as const)("of %s/%s, which is an error and no answer", async (provider, name, status) => {
    const { json } = providerRecordings().find((each) => each.name === name) as ProviderRecording;
    const { error } = json as { error: Readonly<Record<string, unknown>> };
    const langChain = await withLangChain(provider, { status, error }, false);
    const aiSdk = await withAiSdk(sdkCase, provider, { status, error }, false);
    expect([statusOf(langChain), statusOf(aiSdk)]).toEqual([String(status), String(status)]);
    expect([langChain.output, aiSdk.output]).toEqual([{}, {}]);
    expect(aiSdk.inputReference).toBe(langChain.inputReference);
  });

  test("of a stream whose first event is an error: no success, and no output", async () => {
    const { events = [] } = providerRecordings().find(
      ({ name }) => name === "openai-error.1.chunks.txt",
    ) as ProviderRecording;
    const langChain = await withLangChain("openai-responses", { events }, true);
    const aiSdk = await withAiSdk(sdkCase, "openai-responses", { events }, true);
    for (const { output, systemState } of [langChain, aiSdk]) {
      expect(String(systemState.performance["provider_status"])).toMatch(/^(429|error:\w+)$/);
      expect(output.messages ?? []).toEqual([]);
    }
    expect(aiSdk.inputReference).toBe(langChain.inputReference);
  });

  test("an exception names a recording, and stands because the two really differ", async () => {
    for (const { name } of names) {
      const recording = recordings.find((each) => `${each.provider}/${each.name}` === name);
      if (!recording) throw new Error(`docs/neutral-form.md names ${name}, which is no recording`);
      const isStream = recording.events !== undefined;
      const langChain = await withLangChain(recording.provider, answerOf(recording), isStream);
      const aiSdk = await withAiSdk(sdkCase, recording.provider, answerOf(recording), isStream);
      const recorded = (event: RecordedEvent) => [name, statusOf(event), event.outputReference];
      expect(recorded(aiSdk)).not.toEqual(recorded(langChain));
    }
  });
});

/** One recording holds four responses, one after another. */
function oneResponseEach(recording: ProviderRecording): ProviderRecording[] {
  const { provider, name, events } = recording;
  const isStart = (line: string) => line.includes('"type":"response.created"');
  const starts = (events ?? []).flatMap((line, index) => (isStart(line) ? [index] : []));
  if (!events || starts.length < 2) return [recording];
  return starts.map((start, index) => ({
    provider,
    name: `${name}#${index + 1}`,
    events: events.slice(start, starts[index + 1]),
  }));
}

/** Gemini gives calls no ids, and each framework makes up its own. */
function idsAreMadeUp({ provider, name }: ProviderRecording): boolean {
  return provider === "google" && name.includes("tool-call");
}

function shown({ output }: RecordedEvent, recording: ProviderRecording): unknown {
  if (!idsAreMadeUp(recording)) return output;
  const messages = output.messages as { parts: object[] }[];
  return messages.map(({ parts }) => parts.map((part) => ("id" in part ? { ...part, id: "made up" } : part)));
}

/** Pieces of one to forty code points. */
function randomCut(random: () => number): Cut {
  return (whole) => {
    const characters = [...whole];
    const pieces: string[] = [];
    while (characters.length > 0) pieces.push(characters.splice(0, 1 + Math.floor(random() * 40)).join(""));
    return pieces;
  };
}

/** A linear congruential generator: the same cuts for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The first column of the table of exceptions in the docs: a recording, and the version it is one for where it is not for all. */
function exceptionsInDocs(): { readonly name: string; readonly major: number | undefined }[] {
  const docs = readFileSync(new URL("../../docs/neutral-form.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z-]+\/[^`]+)`(?: with ai (\d))? \| .+ \|$/gm)];
  return rows.map(([, name = "", major]) => ({
    name,
    major: major === undefined ? undefined : Number(major),
  }));
}
