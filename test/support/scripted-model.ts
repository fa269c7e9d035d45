import type { SpecificationVersion } from "./ai-sdks.ts";

/** One answer of a scripted model. Its stream says the same, cut into small deltas. */
export interface ModelAnswer {
  readonly content?: readonly object[];
  readonly finish?: string;
  /** The provider's own word, where the specification has a place for it. */
  readonly rawFinish?: string | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly id?: string;
  readonly modelId?: string;
  readonly warnings?: readonly object[];
  /** The call rejects with this. */
  readonly error?: unknown;
  /** The parts of the stream, in place of those made of the content. A function makes the stream itself. */
  readonly parts?: readonly object[] | ((params: CallParams) => ReadableStream<unknown>);
}

/** The parameters a model is called with, as far as tests look at them. */
export interface CallParams {
  readonly prompt: readonly object[];
  readonly abortSignal?: AbortSignal;
  readonly providerOptions?: Readonly<Record<string, unknown>>;
  readonly [name: string]: unknown;
}

/** A hand-written model of any specification, which answers by script: the last answer again and again. */
export interface ScriptedModel {
  readonly specificationVersion: SpecificationVersion;
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls: Readonly<Record<string, readonly RegExp[]>>;
  readonly calls: readonly CallParams[];
  doGenerate(params: CallParams): Promise<object>;
  doStream(params: CallParams): Promise<{ readonly stream: ReadableStream<unknown> }>;
}

export function scriptedModel(
  version: SpecificationVersion,
  answers: readonly ModelAnswer[],
  modelId = "gpt-5",
): ScriptedModel {
  const script = [...answers];
  const calls: CallParams[] = [];
  let last: ModelAnswer = {};
  const next = (params: CallParams): ModelAnswer => {
    calls.push(params);
    last = script.shift() ?? last;
    if (last.error !== undefined) throw last.error;
    return last;
  };
  return {
    specificationVersion: version,
    provider: "scripted.chat",
    modelId,
    supportedUrls: { "*/*": [/.*/] },
    calls,
    doGenerate: async (params) => generated(version, next(params)),
    doStream: async (params) => {
      const { parts, ...answer } = next(params);
      if (typeof parts === "function") return { stream: parts(params) };
      return { stream: streamOf(parts ?? streamParts(version, answer)) };
    },
  };
}

/** What `doGenerate` gives. */
export function generated(version: SpecificationVersion, answer: ModelAnswer): object {
  const { content = [{ type: "text", text: "ok" }], warnings = [] } = answer;
  return {
    content,
    ...ending(version, answer),
    warnings,
    response: {
      id: answer.id ?? "resp_1",
      modelId: answer.modelId ?? "gpt-5-2026-04-01",
      headers: { secret: "s" },
    },
    request: { body: "the whole request" },
  };
}

/** The same answer in the parts of a stream: texts and inputs in pieces of three characters. */
export function streamParts(version: SpecificationVersion, answer: ModelAnswer): object[] {
  const { content = [{ type: "text", text: "ok" }], warnings = [] } = answer;
  return [
    { type: "stream-start", warnings },
    { type: "response-metadata", id: answer.id ?? "resp_1", modelId: answer.modelId ?? "gpt-5-2026-04-01" },
    ...content.flatMap((part, index) => partsOf(part as ContentPart, String(index))),
    { type: "finish", ...ending(version, answer) },
  ];
}

/** A stream of the given items that ends after them. */
export function streamOf(items: readonly unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item);
      controller.close();
    },
  });
}

interface ContentPart {
  readonly type: string;
  readonly text?: string;
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly input?: string;
  readonly providerExecuted?: boolean;
  readonly citations?: readonly unknown[];
}

function partsOf(part: ContentPart, id: string): object[] {
  if (part.type === "text" || part.type === "reasoning") {
    const { type, text = "", citations } = part;
    const deltas = pieces(text).map((delta) => ({ type: `${type}-delta`, id, delta }));
    return [
      { type: `${type}-start`, id },
      ...deltas,
      { type: `${type}-end`, id, ...(citations && { citations }) },
    ];
  }
  if (part.type !== "tool-call" || part.providerExecuted) return [part];
  const { toolCallId, toolName, input = "" } = part;
  return [
    { type: "tool-input-start", id: toolCallId, toolName },
    ...pieces(input).map((delta) => ({ type: "tool-input-delta", id: toolCallId, delta })),
    { type: "tool-input-end", id: toolCallId },
    part,
  ];
}

function pieces(text: string): string[] {
  return text.match(/.{1,3}/gs) ?? [];
}

function ending(version: SpecificationVersion, answer: ModelAnswer): object {
  const { finish = "stop", rawFinish, inputTokens = 11, outputTokens = 7 } = answer;
  const input = "inputTokens" in answer ? answer.inputTokens : inputTokens;
  const output = "outputTokens" in answer ? answer.outputTokens : outputTokens;
  if (version === "v2") {
    return {
      finishReason: finish,
      usage: { inputTokens: input, outputTokens: output, totalTokens: undefined },
    };
  }
  return {
    finishReason: { unified: finish, raw: rawFinish },
    usage: {
      inputTokens: { total: input, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: output, text: undefined, reasoning: undefined },
    },
  };
}
