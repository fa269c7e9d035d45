import * as ai7 from "ai";
import * as ai5 from "ai5";
import * as ai6 from "ai6";

/** The version of the language-model specification a model object speaks. */
export type SpecificationVersion = "v2" | "v3" | "v4";

/** What the tests use of the framework, the same in each of its majors. */
export interface Sdk {
  wrapLanguageModel(options: Readonly<Record<string, unknown>>): WrappedModel;
  generateText(options: Readonly<Record<string, unknown>>): Promise<TextResult>;
  streamText(options: Readonly<Record<string, unknown>>): TextStream;
  generateObject(options: Readonly<Record<string, unknown>>): Promise<{ readonly object: unknown }>;
  streamObject(options: Readonly<Record<string, unknown>>): {
    readonly partialObjectStream: AsyncIterable<unknown>;
  };
  tool<T>(definition: T): T;
  jsonSchema(schema: unknown): unknown;
  stepCountIs(count: number): unknown;
  defaultSettingsMiddleware(options: { readonly settings: unknown }): object;
}

export interface TextResult {
  readonly text: string;
  readonly steps: readonly unknown[];
  readonly response: { readonly messages: readonly unknown[] };
}

export interface TextStream {
  readonly textStream: AsyncIterable<string>;
  readonly fullStream: AsyncIterable<{ readonly type: string }>;
  readonly text: PromiseLike<string>;
}

/** A model as `wrapLanguageModel` gives it, called directly. */
export interface WrappedModel {
  doGenerate(params: object): Promise<{ readonly content: readonly unknown[] }>;
  doStream(params: object): Promise<{ readonly stream: ReadableStream<unknown> }>;
}

/** A major of the framework with a specification its models may speak. */
export interface SdkCase {
  readonly name: string;
  readonly sdk: Sdk;
  readonly version: SpecificationVersion;
}

const sdk5 = ai5 as unknown as Sdk;
const sdk6 = ai6 as unknown as Sdk;
const sdk7 = ai7 as unknown as Sdk;

// Older models make ai 7 warn once a call.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

/** Each major with its own specification. */
export const sdks: readonly SdkCase[] = [
  { name: "ai 5", sdk: sdk5, version: "v2" },
  { name: "ai 6", sdk: sdk6, version: "v3" },
  { name: "ai 7", sdk: sdk7, version: "v4" },
];

/** Older models too, which ai 6 relabels without conversion and ai 7 converts before middleware sees them. */
export const sdksWithOlderModels: readonly SdkCase[] = [
  ...sdks,
  { name: "ai 6 with a v2 model", sdk: sdk6, version: "v2" },
  { name: "ai 7 with a v3 model", sdk: sdk7, version: "v3" },
  { name: "ai 7 with a v2 model", sdk: sdk7, version: "v2" },
];

/** All items of an iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
