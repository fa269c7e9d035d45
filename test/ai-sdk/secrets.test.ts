import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { providerModel } from "../support/ai-sdk-providers.ts";
import { collect, type Sdk, sdks } from "../support/ai-sdks.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";
import { scriptedModel } from "../support/scripted-model.ts";

const canary = "CANARY-51c9";
const answer = {
  id: "chatcmpl-1",
  model: "gpt-5",
  choices: [{ index: 0, message: { role: "assistant", content: "Yes." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  system_fingerprint: canary,
};

/** A provider that puts the canary into everything beside the answer, and echoes the key where it refuses. */
async function startIndiscreetServer() {
  const authorizations: unknown[] = [];
  const server = createServer(async (incoming, response) => {
    let body = "";
    for await (const part of incoming.setEncoding("utf8")) body += part;
    authorizations.push(incoming.headers.authorization);
    response.setHeader("x-request", canary);
    if (body.includes("refuse me")) {
      const message = `Incorrect API key provided: ${incoming.headers.authorization}`;
      const error = { message, type: "invalid_request_error", code: null, param: canary };
      response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    } else if (body.includes('"stream":true')) {
      const chunk = { ...answer, choices: [{ index: 0, delta: { content: "Yes." }, finish_reason: "stop" }] };
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    authorizations,
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A recording that keeps every byte a sink is given, opened or not. */
function watchedRecording() {
  const recording = startRecording();
  const begin = recording.sink.begin?.bind(recording.sink);
  const given: string[] = [];
  recording.sink.begin = async (start) => {
    given.push(Buffer.from(start.body).toString());
    await begin?.(start);
  };
  const everything = async () => JSON.stringify([given, await recording.events(), recording.troubles]);
  return { ...recording, everything };
}

describe.each(sdks)("$name", (each) => {
  const { sdk, version } = each;

  test("a provider's headers, bodies and keys are in no record, sealed or not", async () => {
    await using server = await startIndiscreetServer();
    const { recorder, events, everything } = watchedRecording();
    const model = sdk.wrapLanguageModel({
      model: await providerModel(each, "openai", { ...server, apiKey: `sk-${canary}` }),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    const more = { model, maxRetries: 0, headers: { authorization: `Bearer ${canary}`, cookie: canary } };
    await sdk.generateText({ ...more, prompt: "Yes or no?" });
    await collect(sdk.streamText({ ...more, prompt: "Yes or no?" }).textStream);
    await sdk.generateText({ ...more, prompt: "refuse me" }).catch(() => {});
    await collect(sdk.streamText({ ...more, prompt: "refuse me", onError: () => {} }).textStream).catch(
      () => {},
    );
    expect((await events()).map(statusOf)).toEqual(["success", "success", "401", "401"]);
    expect(server.authorizations).toEqual(Array(4).fill(expect.stringContaining(canary)));
    expect(await everything()).not.toContain(canary);
  });

  test("nor is what an error carries: the request's values, the response's body and headers, data and cause", async () => {
    const { recorder, only, everything } = watchedRecording();
    const error = Object.assign(new Error(canary, { cause: new Error(canary) }), {
      name: "AI_APICallError",
      url: `https://example.test/${canary}`,
      statusCode: 400,
      requestBodyValues: { messages: [canary] },
      responseHeaders: { "set-cookie": canary },
      responseBody: canary,
      data: { error: canary },
    });
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ error }]),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    await expect(model.doGenerate({ prompt: [] })).rejects.toBe(error);
    expect(statusOf(await only())).toBe("400");
    expect(await everything()).not.toContain(canary);
  });

  test("what callers switch off in telemetry does not switch off the record, nor blank what is hashed", async () => {
    const { recorder, events } = startRecording();
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ content: [{ type: "text", text: "Yes." }] }]),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    const silent = { isEnabled: false, recordInputs: false, recordOutputs: false, integrations: [] };
    const blank = { isEnabled: true, recordInputs: false, recordOutputs: false };
    for (const telemetry of [undefined, silent, blank]) {
      const question = {
        model,
        prompt: "Short-list applicant 7?",
        telemetry,
        experimental_telemetry: telemetry,
      };
      await sdk.generateText(question);
      await collect(sdk.streamText(question).textStream);
    }
    const all = await events();
    expect(all).toHaveLength(6);
    expect(new Set(all.map(({ inputReference }) => inputReference)).size).toBe(1);
    expect(new Set(all.map(({ outputReference }) => outputReference)).size).toBe(1);
    expect(all[0]?.input.messages).toMatchObject([{ parts: [{ content: "Short-list applicant 7?" }] }]);
  });
});

interface GatewaySdk extends Sdk {
  createGateway(settings: object): (modelId: string) => object;
}

// The first 5.x has no gateway to make.
describe.each(sdks.filter(({ release }) => release !== "5.0.0"))("$name", ({ sdk, version }) => {
  test("a gateway is sent nothing of ours, and its body with all the caller's headers is not recorded", async () => {
    const { recorder, only, everything } = watchedRecording();
    const sent: string[] = [];
    const { createGateway } = sdk as GatewaySdk;
    const gateway = createGateway({
      baseURL: "http://gateway.test",
      apiKey: "none",
      fetch: async (_: unknown, init: RequestInit) => {
        sent.push(String(init.body));
        const usage = { inputTokens: { total: 11 }, outputTokens: { total: 7 } };
        const flat = { inputTokens: 11, outputTokens: 7, totalTokens: 18 };
        const result = {
          content: [{ type: "text", text: "Yes." }],
          finishReason: version === "v2" ? "stop" : { unified: "stop" },
          usage: version === "v2" ? flat : usage,
          warnings: [],
        };
        return Response.json(result, { headers: { "x-request": canary } });
      },
    });
    const model = sdk.wrapLanguageModel({
      model: gateway("openai/gpt-5"),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    const complianceguard = { correlationId: "application-77", metadata: { desk: "Utrecht" } };
    await sdk.generateText({
      model,
      prompt: "Yes or no?",
      headers: { "x-tenant": canary },
      providerOptions: { openai: { user: "u1" }, complianceguard },
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).not.toMatch(/complianceguard|application-77|Utrecht/);
    expect(sent[0]).toContain("u1");
    const event: RecordedEvent = await only();
    expect(event).toMatchObject({ correlationId: "application-77", metadata: { user: { desk: "Utrecht" } } });
    expect(statusOf(event)).toBe("success");
    expect(await everything()).not.toContain(canary);
  });
});
