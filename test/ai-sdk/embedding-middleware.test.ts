import { describe, expect, test } from "vitest";
import { complianceGuardEmbeddingMiddleware } from "../../src/ai-sdk/index.ts";
import { reference } from "../../src/core/digest.ts";
import { sdks } from "../support/ai-sdks.ts";
import { codeOf } from "../support/error-code.ts";
import { attemptOf, startRecording, statusOf } from "../support/recording.ts";
import { brokenSink } from "../support/sinks.ts";

interface EmbeddingSdk {
  wrapEmbeddingModel(options: object): object;
  embed(options: object): Promise<{ readonly embedding: readonly number[] }>;
  embedMany(options: object): Promise<{ readonly embeddings: readonly (readonly number[])[] }>;
}

const vectorOf = (value: string): number[] => [value.length, 0.25, -1e-7];

/** A model that embeds up to two values a call; it fails where `errors` has something for it to throw. */
function embeddingModel(specificationVersion: string, errors: unknown[] = []) {
  const calls: Record<string, unknown>[] = [];
  return {
    calls,
    specificationVersion,
    provider: "scripted.embedding",
    modelId: "text-embedding-3-small",
    maxEmbeddingsPerCall: 2,
    supportsParallelCalls: false,
    async doEmbed(params: { readonly values: readonly string[] }) {
      calls.push(params as never);
      if (errors.length > 0) throw errors.shift();
      const embeddings = params.values.map(vectorOf);
      return { embeddings, usage: { tokens: params.values.length * 3 }, warnings: [] };
    },
  };
}

// ai 5 has no middleware for embedding models.
const withMiddleware = sdks.filter(({ major }) => major > 5);

describe.each(withMiddleware)("$name", ({ sdk, version }) => {
  const { wrapEmbeddingModel, embed, embedMany } = sdk as unknown as EmbeddingSdk;

  function setUp(options: Parameters<typeof startRecording>[0] = { record: { embeddings: true } }) {
    const recording = startRecording(options);
    const inner = embeddingModel(version);
    const middleware = complianceGuardEmbeddingMiddleware({ recorder: recording.recorder });
    return { ...recording, inner, model: wrapEmbeddingModel({ model: inner, middleware }), middleware };
  }

  test("an embedding is one event: its values, and its vectors as the hashes of what they are", async () => {
    const { model, only } = setUp();
    const { embedding } = await embed({ model, value: "six years of experience" });
    const event = await only();
    const bytes = Buffer.from("[23,0.25,-1e-07]");
    expect(event).toMatchObject({
      actor: { type: "model" },
      modelId: "text-embedding-3-small",
      input: { values: ["six years of experience"] },
      output: {
        embeddings: [
          {
            type: "blob",
            mime_type: "application/json",
            sha256: reference(embedding),
            size_bytes: bytes.length,
          },
        ],
      },
      metadata: {
        provider: "scripted.embedding",
        requested_model: "text-embedding-3-small",
        operation: "embed",
        warnings: 0,
      },
    });
    expect(statusOf(event)).toBe("success");
    expect(event.systemState.performance).toMatchObject({ input_tokens: 3 });
    expect(event.systemState.run).toMatchObject({ kind: "embeddings", framework: "ai" });
    expect(event.systemState.run["framework_version"]).toMatch(version === "v3" ? /^6\./ : /^7\./);
  });

  test("embeddings are off by default, and leave no gap", async () => {
    const { model, recorder, events } = setUp({});
    await embed({ model, value: "x" });
    expect(await events()).toEqual([]);
    await recorder.start({ kind: "model", input: () => ({}) }).succeed();
    expect((await events())[0]?.systemState.recorder.sequence).toBe(1);
  });

  test("many values are an event for each call that the framework makes of them", async () => {
    const { model, events } = setUp();
    const { embeddings } = await embedMany({ model, values: ["a", "bb", "ccc"] });
    expect(embeddings).toEqual(["a", "bb", "ccc"].map(vectorOf));
    expect((await events()).map(({ input }) => input["values"])).toEqual([["a", "bb"], ["ccc"]]);
  });

  test("what the caller gives about the call is recorded and never reaches the provider", async () => {
    const { model, inner, only } = setUp();
    const complianceguard = { correlationId: "application-7", metadata: { desk: "Utrecht" } };
    await embed({
      model,
      value: "x",
      headers: { authorization: "Bearer secret" },
      providerOptions: { openai: { dimensions: 3 }, complianceguard },
    });
    expect(inner.calls[0]?.["providerOptions"]).toEqual({ openai: { dimensions: 3 } });
    const event = await only();
    expect(event.correlationId).toBe("application-7");
    expect(event.metadata).toMatchObject({
      user: { desk: "Utrecht" },
      parameters: { provider_options_sha256: reference({ openai: { dimensions: 3 } }) },
    });
    expect(JSON.stringify(event)).not.toMatch(/secret|authorization/i);
  });

  test("a call that fails is one event an attempt, and the error passes unchanged", async () => {
    const { recorder, events } = startRecording({ record: { embeddings: true } });
    const middleware = complianceGuardEmbeddingMiddleware({ recorder });
    const error = new TypeError("applicant 7");
    const [gone, signal] = [new DOMException("gone", "AbortError"), AbortSignal.abort()];
    const model = wrapEmbeddingModel({ model: embeddingModel(version, [error, gone, error]), middleware });
    await expect(embed({ model, value: "x" })).rejects.toBe(error);
    await expect(embed({ model, value: "x" })).rejects.toBe(gone);
    const { doEmbed } = model as ReturnType<typeof embeddingModel>;
    await expect(doEmbed({ values: ["x"], abortSignal: signal } as never)).rejects.toBe(error);
    const all = await events();
    expect(all.map(statusOf)).toEqual(["error:TypeError", "cancelled", "cancelled"]);
    expect(all[0]?.output).toEqual({});
  });

  test("attempts with the caller's signal are numbered", async () => {
    const { recorder, events } = startRecording({ record: { embeddings: true } });
    const middleware = complianceGuardEmbeddingMiddleware({ recorder });
    const error = new TypeError("busy");
    const model = wrapEmbeddingModel({ model: embeddingModel(version, [error, error]), middleware });
    const { signal: abortSignal } = new AbortController();
    for (const _ of [1, 2, 3]) await embed({ model, value: "x", abortSignal }).catch(() => {});
    await embed({ model, value: "x", abortSignal });
    expect((await events()).map(attemptOf)).toEqual([1, 2, 3, 1]);
  });

  test("a model that is wrapped twice gives one event", async () => {
    const { model, middleware, events } = setUp();
    await embed({ model: wrapEmbeddingModel({ model, middleware }), value: "x" });
    expect(await events()).toHaveLength(1);
  });

  test("under block a call whose start record is not kept is not made", async () => {
    const options = { record: { embeddings: true }, onFailure: "block", sink: brokenSink() } as const;
    const { model, inner } = setUp(options);
    expect(await codeOf(() => embed({ model, value: "x" }))).toBe("record_not_kept");
    expect(inner.calls).toEqual([]);
  });

  test("a result of no known shape is still one event, and handed on as it is", async () => {
    const { recorder, only } = startRecording({ record: { embeddings: true } });
    const { wrapEmbed } = complianceGuardEmbeddingMiddleware({ recorder });
    const result = { embeddings: [new Proxy([1], {}), Number.NaN], usage: "none" };
    const params = { values: "x" };
    expect(await wrapEmbed({ doEmbed: async () => result, params, model: {} })).toBe(result);
    const event = await only();
    expect(event.input).toEqual({ values: [] });
    expect(event.output).toMatchObject({ embeddings: [{ sha256: reference([1]) }, { type: "blob" }] });
  });
});

test("without a recorder it is refused at once", async () => {
  expect(await codeOf(() => complianceGuardEmbeddingMiddleware({} as never))).toBe("invalid_option");
});
