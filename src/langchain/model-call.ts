import { encodeComponent } from "../core/component.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import { someOf } from "../recorder/present.ts";
import type { RunStart } from "../recorder/run.ts";
import { readConversation } from "./messages.ts";
import { type Shape, shapeOf, textOf } from "./shape.ts";
import { type StartContext, startFacts, startMetadata } from "./start-context.ts";

/** The callback's arguments that describe a model call. */
export interface ModelCall extends StartContext {
  readonly messages: readonly unknown[];
  readonly extraParams?: unknown;
}

/** The start of a chat model's call, or, with one text as its message, of a legacy text model's. */
export function modelCall(call: ModelCall): RunStart {
  const invocation = shapeOf<string>(shapeOf<"invocation_params">(call.extraParams)?.invocation_params) ?? {};
  const read = readConversation(call.messages);
  const tools = declaredTools(invocation);
  return {
    kind: "model",
    ...startFacts(call),
    input: () => read.conversation.component(),
    modelId: requestedModel(invocation, call.metadata),
    answeredToolCallIds: read.answeredToolCallIds,
    declaredTools: tools.map(({ name }) => name),
    metadata: () => ({
      ...startMetadata(call),
      parameters: parametersOf(invocation),
      tool_schemas: someOf(tools.map(fingerprint)),
      other_blocks: someOf(read.otherBlocks),
    }),
  };
}

/** The signal that can end the call, where the framework shows it. */
export function signalOf(extraParams: unknown): AbortSignal | undefined {
  const signal = shapeOf<"signal">(shapeOf<"options">(extraParams)?.options)?.signal;
  return shapeOf<"aborted">(signal)?.aborted === undefined ? undefined : (signal as AbortSignal);
}

/** The model asked for, as the provider's parameters or the framework's metadata name it. */
export function requestedModel(
  invocation: Shape<(typeof modelNames)[number]>,
  metadata: unknown,
): string | undefined {
  const named = modelNames.map((name) => textOf(invocation[name])).find((each) => each !== undefined);
  return named ?? textOf(shapeOf<"ls_model_name">(metadata)?.ls_model_name);
}

const modelNames = ["model", "model_name", "modelName", "model_id", "modelId"] as const;

interface DeclaredTool {
  readonly name: string;
  readonly schema: unknown;
}

/**
 * The tools declared to the model, in any provider's shape: `{function: {name}}`, `{name}`, `{custom: {name}}`,
 * `{functionDeclarations: [{name}]}`, `{toolSpec: {name}}`. Tools that the provider runs itself often have no name.
 */
function declaredTools(invocation: Shape<"tools" | "functions" | "toolConfig">): DeclaredTool[] {
  const config = shapeOf<"tools">(invocation.toolConfig);
  const lists = [invocation.tools, invocation.functions, config?.tools];
  return lists.flatMap(boundedList).flatMap((schema) => {
    const tool = shapeOf<"name" | "function" | "custom" | "toolSpec" | "functionDeclarations">(schema);
    const declarations = boundedList(tool?.functionDeclarations);
    if (declarations.length > 0) return declarations.flatMap((each) => named(each, each));
    return named(tool?.function ?? tool?.custom ?? tool?.toolSpec ?? tool, schema);
  });
}

function named(holder: unknown, schema: unknown): DeclaredTool[] {
  const name = textOf(shapeOf<"name">(holder)?.name);
  return name === undefined ? [] : [{ name, schema }];
}

/** SHA-256 of the schema's canonical JSON: tells whether a tool changed, without repeating it in every event. */
function fingerprint({ name, schema }: DeclaredTool): Record<string, unknown> {
  try {
    return { name, sha256: encodeComponent(schema).reference };
  } catch {
    return { name, sha256: null };
  }
}

/** Only parameters known to steer sampling: others may hold headers, keys of tool servers or functions. */
const parameterNames: ReadonlySet<string> = new Set([
  "temperature",
  "top_p",
  "topP",
  "top_k",
  "topK",
  "min_p",
  "max_tokens",
  "maxTokens",
  "max_completion_tokens",
  "max_output_tokens",
  "maxOutputTokens",
  "max_tokens_to_sample",
  "frequency_penalty",
  "presence_penalty",
  "repetition_penalty",
  "logit_bias",
  "logprobs",
  "top_logprobs",
  "n",
  "seed",
  "stop",
  "stop_sequences",
  "stopSequences",
  "tool_choice",
  "parallel_tool_calls",
  "response_format",
  "response_mime_type",
  "reasoning",
  "reasoning_effort",
  "thinking",
  "thinkingConfig",
  "verbosity",
  "modalities",
  "service_tier",
  "store",
  "truncation",
]);

/** Google's stand in an object of their own. */
function parametersOf(invocation: Shape<string>): Record<string, unknown> | undefined {
  const { generationConfig } = invocation as Shape<"generationConfig">;
  const all: Shape<string> = { ...shapeOf<string>(generationConfig), ...invocation };
  const given = Object.keys(all).filter((name) => parameterNames.has(name) && all[name] !== undefined);
  return given.length > 0 ? Object.fromEntries(given.map((name) => [name, all[name]])) : undefined;
}
