import { describe, expect, test } from "vitest";
import { complianceGuardImageMiddleware } from "../../src/ai-sdk/index.ts";
import { sha256Hex } from "../../src/core/digest.ts";
import { sdks } from "../support/ai-sdks.ts";
import { codeOf } from "../support/error-code.ts";
import { startRecording, statusOf } from "../support/recording.ts";
import { brokenSink } from "../support/sinks.ts";

interface ImageSdk {
  wrapImageModel(options: object): object;
  generateImage(options: object): Promise<{ readonly images: readonly unknown[] }>;
  experimental_generateImage: ImageSdk["generateImage"];
}

const png = (mark: number): Uint8Array =>
  new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, mark]);
const blobOf = (bytes: Uint8Array, mime_type = "image/png") => ({
  type: "blob",
  mime_type,
  sha256: sha256Hex(bytes),
  size_bytes: bytes.byteLength,
});

/** A model that gives one image a call, of the call's number. */
function imageModel(specificationVersion: string, error?: unknown) {
  const calls: Record<string, unknown>[] = [];
  return {
    calls,
    specificationVersion,
    provider: "scripted.image",
    modelId: "gpt-image-1",
    maxImagesPerCall: 1,
    async doGenerate(params: object) {
      calls.push(params as never);
      if (error) throw error;
      return {
        images: [Buffer.from(png(calls.length)).toString("base64")],
        warnings: [{ type: "other", message: "seed is not supported" }],
        response: {
          timestamp: new Date(0),
          modelId: "gpt-image-1-2026-04-01",
          headers: { secret: "response-secret" },
        },
        usage: { inputTokens: 20, outputTokens: 100, totalTokens: 120 },
      };
    },
  };
}

// ai 5 has no middleware for image models, and neither has the first 6.x.
const withMiddleware = sdks.filter(({ sdk }) => "wrapImageModel" in sdk);

test("the middleware exists from later 6.x on", () => {
  expect(withMiddleware.map(({ major }) => major)).toEqual([6, 7, 7]);
});

describe.each(withMiddleware)("$name", ({ sdk, version }) => {
  const images = sdk as unknown as ImageSdk;
  const generateImage = images.generateImage ?? images.experimental_generateImage;

  function setUp(options: Parameters<typeof startRecording>[0] = {}, error?: unknown) {
    const recording = startRecording(options);
    const inner = imageModel(version, error);
    const middleware = complianceGuardImageMiddleware({ recorder: recording.recorder });
    return { ...recording, inner, model: images.wrapImageModel({ model: inner, middleware }) };
  }

  test("an image is one model call: the prompt, and the image by its hash", async () => {
    const { model, only } = setUp();
    await generateImage({ model, prompt: "a portrait", size: "512x512", seed: 7 });
    const event = await only();
    expect(event).toMatchObject({
      actor: { type: "model" },
      modelId: "gpt-image-1-2026-04-01",
      input: { messages: [{ role: "user", parts: [{ type: "text", content: "a portrait" }] }] },
      output: { messages: [{ role: "assistant", parts: [blobOf(png(1))] }] },
      metadata: {
        provider: "scripted.image",
        requested_model: "gpt-image-1",
        operation: "generate_image",
        parameters: { n: 1, size: "512x512", seed: 7 },
        usage: { input_tokens: 20, output_tokens: 100, total_tokens: 120 },
        warnings: 1,
      },
    });
    expect(statusOf(event)).toBe("success");
    expect(event.systemState.run).toMatchObject({ kind: "model", framework: "ai" });
    expect(event.systemState.performance).toMatchObject({ input_tokens: 20, output_tokens: 100 });
    expect(JSON.stringify(event)).not.toContain("response-secret");
  });

  test("several images are an event for each call that the framework makes of them", async () => {
    const { model, events } = setUp();
    expect((await generateImage({ model, prompt: "a portrait", n: 3 })).images).toHaveLength(3);
    const all = await events();
    const recorded = all.map(({ output }) => output.messages);
    expect(recorded).toHaveLength(3);
    for (const mark of [1, 2, 3])
      expect(recorded).toContainEqual([{ role: "assistant", parts: [blobOf(png(mark))] }]);
  });

  test("the files to edit and the mask are part of what was asked", async () => {
    const { model, only } = setUp();
    const prompt = { text: "without the hat", images: [png(8), "https://example.test/a.png"], mask: png(9) };
    await generateImage({ model, prompt });
    const event = await only();
    expect(event.input.messages).toEqual([
      {
        role: "user",
        parts: [
          { type: "text", content: "without the hat" },
          blobOf(png(8)),
          { type: "uri", uri: "https://example.test/a.png" },
          blobOf(png(9)),
        ],
      },
    ]);
    expect(event.metadata["parameters"]).toMatchObject({ mask: true });
  });

  test("what the caller gives about the call is recorded and never reaches the provider", async () => {
    const { model, inner, only } = setUp();
    const providerOptions = {
      openai: { style: "vivid" },
      complianceguard: { correlationId: "application-7" },
    };
    await generateImage({ model, prompt: "x", providerOptions, headers: { authorization: "Bearer secret" } });
    expect(inner.calls[0]?.["providerOptions"]).toEqual({ openai: { style: "vivid" } });
    const event = await only();
    expect(event.correlationId).toBe("application-7");
    expect(JSON.stringify(event)).not.toMatch(/Bearer|authorization/i);
  });

  test("a call that fails is one event, and the error passes unchanged", async () => {
    const error = new TypeError("applicant 7");
    const { model, only } = setUp({}, error);
    await expect(generateImage({ model, prompt: "x" })).rejects.toBe(error);
    expect(statusOf(await only())).toBe("error:TypeError");
  });

  test("under block a call whose start record is not kept is not made", async () => {
    const { model, inner } = setUp({ onFailure: "block", sink: brokenSink() });
    expect(await codeOf(() => generateImage({ model, prompt: "x" }))).toBe("record_not_kept");
    expect(inner.calls).toEqual([]);
  });
});

test("without a recorder it is refused at once", async () => {
  expect(await codeOf(() => complianceGuardImageMiddleware({} as never))).toBe("invalid_option");
});
