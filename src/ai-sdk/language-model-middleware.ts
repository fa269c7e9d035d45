import type { wrapLanguageModel } from "ai";

/**
 * What `wrapLanguageModel` of the installed `ai` takes as one middleware. Not by the name `LanguageModelMiddleware`: the first 5.x
 * does not export it, and each major means another type by it.
 */
export type LanguageModelMiddleware = Exclude<
  Parameters<typeof wrapLanguageModel>[0]["middleware"],
  readonly unknown[]
>;
