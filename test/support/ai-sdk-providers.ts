import type { SdkCase } from "./ai-sdks.ts";

/** A wire format, named as the folders of the recordings are. */
export type ProviderName =
  | "anthropic"
  | "deepseek"
  | "google"
  | "openai"
  | "openai-compatible"
  | "openai-responses";

/** A model made by a provider's own package, for `wrapLanguageModel`. */
export type ProviderModel = { readonly modelId: string };

interface Settings {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly name?: string;
}

type Factory = (settings: Settings) => ((modelId: string) => ProviderModel) & {
  chat(modelId: string): ProviderModel;
  responses(modelId: string): ProviderModel;
};

/**
 * The model of a provider at `baseURL`, by the provider's package of the same age as the framework's version. The first of each
 * major has OpenAI's only.
 */
export async function providerModel(
  { name, major, isFloor }: Pick<SdkCase, "name" | "major" | "isFloor">,
  provider: ProviderName,
  {
    baseURL,
    modelId = "gpt-5",
    apiKey = "sk-none",
  }: { readonly baseURL: string; readonly modelId?: string; readonly apiKey?: string },
): Promise<ProviderModel> {
  const { factory, packageName } = packages[provider];
  if (isFloor && packageName !== "openai") throw new Error(`${name} has no ${provider} here`);
  const prefix = isFloor ? `ai${major}.0.0-` : major === 7 ? "@ai-sdk/" : `ai${major}-`;
  const module = (await import(prefix + packageName)) as Readonly<Record<string, Factory>>;
  const create = module[factory] as Factory;
  const made = create({ baseURL, apiKey, ...(packageName === "openai-compatible" && { name: "xai" }) });
  if (provider === "openai") return made.chat(modelId);
  if (provider === "openai-responses") return made.responses(modelId);
  return made(modelId);
}

const packages: Readonly<Record<ProviderName, { readonly packageName: string; readonly factory: string }>> = {
  anthropic: { packageName: "anthropic", factory: "createAnthropic" },
  deepseek: { packageName: "deepseek", factory: "createDeepSeek" },
  google: { packageName: "google", factory: "createGoogleGenerativeAI" },
  openai: { packageName: "openai", factory: "createOpenAI" },
  "openai-compatible": { packageName: "openai-compatible", factory: "createOpenAICompatible" },
  "openai-responses": { packageName: "openai", factory: "createOpenAI" },
};
