import { collect, type Sdk, type SdkCase, sdks, type TextResult, type TextStream } from "./ai-sdks.ts";

/** What only ai 7 has. */
export interface Sdk7 extends Sdk {
  registerTelemetry(...integrations: readonly object[]): void;
  readonly ToolLoopAgent: new (
    settings: Readonly<Record<string, unknown>>,
  ) => {
    generate(options: Readonly<Record<string, unknown>>): Promise<TextResult>;
    stream(options: Readonly<Record<string, unknown>>): Promise<TextStream>;
  };
  readonly Output: { object(options: { readonly schema: unknown }): unknown };
}

/** The first and the newest ai 7. */
export const sdks7: readonly (Omit<SdkCase, "sdk"> & { readonly sdk: Sdk7 })[] = sdks.filter(
  ({ major }) => major === 7,
) as never;

/** The ways to make a call, each to its end. */
export const ways: readonly {
  readonly way: string;
  readonly call: (sdk: Sdk, options: Readonly<Record<string, unknown>>) => Promise<unknown>;
}[] = [
  { way: "generateText", call: async (sdk, options) => await sdk.generateText(options) },
  {
    way: "streamText",
    call: async (sdk, options) => await collect(sdk.streamText({ onError: () => {}, ...options }).fullStream),
  },
];

/** Runs `work` with these integrations registered, and leaves none behind. */
export async function withRegistered<T>(
  sdk: Sdk7,
  integrations: readonly object[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    sdk.registerTelemetry(...integrations);
    return await work();
  } finally {
    Object.assign(globalThis, { AI_SDK_TELEMETRY_INTEGRATIONS: undefined });
  }
}
