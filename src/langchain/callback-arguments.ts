/**
 * The arguments LangChain really passes to its callbacks, in their order. Its own declaration of `handleChainStart` has
 * another order (every version from 1.1.15 to 1.4.0): whoever trusts it takes run types for parents.
 */
export type Started<
  Content extends readonly unknown[] = [content: unknown],
  Rest extends readonly unknown[] = readonly unknown[],
> = readonly [
  serialized: unknown,
  ...content: Content,
  runId: string,
  parentRunId?: string | undefined,
  ...rest: Rest,
];

/** `handleChatModelStart`, and with texts for messages `handleLLMStart`: always one conversation a call. */
export type ModelStarted = Started<
  [messages: unknown],
  [extraParams?: unknown, tags?: unknown, metadata?: unknown, runName?: unknown]
>;

/** `handleChainStart`. */
export type ChainStarted = Started<
  [inputs: unknown],
  [tags?: unknown, metadata?: unknown, runType?: unknown, runName?: unknown, extra?: unknown]
>;

/** `handleToolStart`; the call's id only from version 1.1.30 on. */
export type ToolStarted = Started<
  [input: unknown],
  [tags?: unknown, metadata?: unknown, runName?: unknown, toolCallId?: unknown]
>;

/** `handleRetrieverStart`. */
export type RetrieverStarted = Started<
  [query: unknown],
  [tags?: unknown, metadata?: unknown, runName?: unknown]
>;

/** Every callback for an end or an error; `extra` is `{cached}` of a model, `{inputs}` of a chain. */
export type Ended = readonly [
  result: unknown,
  runId: string,
  parentRunId?: string | undefined,
  tags?: unknown,
  extra?: unknown,
];

/** `handleLLMNewToken`. */
export type TokenSeen = readonly [
  token: unknown,
  index: unknown,
  runId: string,
  parentRunId?: string | undefined,
  tags?: unknown,
  fields?: unknown,
];
