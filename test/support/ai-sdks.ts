import { createRequire } from "node:module";

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
  consumeStream(): PromiseLike<void>;
  toUIMessageStreamResponse(options?: object): Response;
  toTextStreamResponse(): Response;
}

/** A model as `wrapLanguageModel` gives it, called directly. */
export interface WrappedModel {
  doGenerate(params: object): Promise<{ readonly content: readonly unknown[] }>;
  doStream(params: object): Promise<{ readonly stream: ReadableStream<unknown> }>;
}

/** A version of the framework with a specification its models may speak. */
export interface SdkCase {
  readonly name: string;
  readonly sdk: Sdk;
  readonly major: 5 | 6 | 7;
  /** The first of its major: some things came later. */
  readonly isFloor: boolean;
  /** The version as its package gives it. */
  readonly release: string;
  readonly version: SpecificationVersion;
}

/** Where a version is installed, its provider packages beside it under `ai5-openai` and so on. */
export type SdkPackage = "ai5.0.0" | "ai5" | "ai6.0.0" | "ai6" | "ai7.0.0" | "ai";

// Older models make ai 6 and 7 warn once a call.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

/** The first and the newest of each major, each with its own specification. */
export const sdks: readonly SdkCase[] = await Promise.all([
  sdkCase("ai5.0.0", 5),
  sdkCase("ai5", 5),
  sdkCase("ai6.0.0", 6),
  sdkCase("ai6", 6),
  sdkCase("ai7.0.0", 7),
  sdkCase("ai", 7),
]);

/** Older models too, which ai 6 relabels without conversion and ai 7 converts before middleware sees them. */
export const sdksWithOlderModels: readonly SdkCase[] = [...sdks, ...sdks.flatMap(withOlderModels)];

/** The versions that wrap a model without changing what it says: what holds for them holds for the specification. */
export const newestSdks: readonly SdkCase[] = sdks.filter(({ isFloor }) => !isFloor);

async function sdkCase(name: SdkPackage, major: SdkCase["major"]): Promise<SdkCase> {
  // Not in the import itself: the compiler would check each version's own declarations against ours.
  const sdk = (await import(name)) as Sdk;
  const { version: release } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  const version = `v${major - 3}` as SpecificationVersion;
  return { name: `ai ${release}`, sdk, major, isFloor: /^\d\.0\.0$/.test(release), release, version };
}

function withOlderModels(each: SdkCase): SdkCase[] {
  const older = { 5: [], 6: ["v2"], 7: ["v3", "v2"] } as const;
  return older[each.major].map((version) => ({
    ...each,
    name: `${each.name} with a ${version} model`,
    version,
  }));
}

/** All items of an iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
