import { createProviderRegistry, wrapEmbeddingModel, wrapImageModel, wrapProvider } from "ai";
import {
  complianceGuardEmbeddingMiddleware,
  complianceGuardImageMiddleware,
  complianceGuardMiddleware,
  type RecorderOption,
} from "../../src/ai-sdk/index.ts";

// What users write where their version has middleware for more than language models, compiled by types.test.ts.

type Model<Wrap extends (options: never) => unknown> = Parameters<Wrap>[0] extends { model: infer M }
  ? M
  : never;

export function wrapOthers(
  embedder: Model<typeof wrapEmbeddingModel>,
  painter: Model<typeof wrapImageModel>,
  provider: Parameters<typeof wrapProvider>[0]["provider"],
  options: RecorderOption,
): unknown {
  const middleware = complianceGuardEmbeddingMiddleware(options);
  const imageModelMiddleware = complianceGuardImageMiddleware(options);
  const languageModelMiddleware = complianceGuardMiddleware(options);
  const wrapped = wrapProvider({ provider, languageModelMiddleware, imageModelMiddleware });
  return [
    wrapEmbeddingModel({ model: embedder, middleware }),
    wrapEmbeddingModel({ model: embedder, middleware: [middleware] }),
    wrapImageModel({ model: painter, middleware: imageModelMiddleware }),
    wrapped,
    createProviderRegistry({ wrapped }, { languageModelMiddleware, imageModelMiddleware }),
  ];
}
