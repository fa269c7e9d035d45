import type { BlobPart } from "../recorder/blob.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import { captureComponent } from "../recorder/total-capture.ts";
import { recordPlainCall } from "./plain-call.ts";
import { type RecorderOption, requireRecorder } from "./recorder-option.ts";
import { rememberCall } from "./remembered-calls.ts";
import { member, numberMember } from "./unknown-shape.ts";

/** Middleware for `wrapEmbeddingModel` of ai 6 and 7; ai 5 has none. */
export interface EmbeddingModelMiddleware {
  readonly specificationVersion: "v3";
  readonly transformParams: <Params extends object>(options: { readonly params: Params }) => Promise<Params>;
  readonly wrapEmbed: <Result>(call: {
    readonly doEmbed: () => PromiseLike<Result>;
    readonly params: object;
    readonly model: object;
  }) => Promise<Result>;
}

/**
 * Middleware that records every attempt at an embedding model as one event, where the recorder's option
 * `record: { embeddings: true }` says so: they are off by default. The input is `{ values }`, the output `{ embeddings }`, each
 * vector as a blob: the SHA-256 of its canonical JSON, which is its `reference`.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder. Under `onFailure: "block"` a call whose start record could
 * not be kept rejects with `record_not_kept` and is not made.
 */
export function complianceGuardEmbeddingMiddleware(options: RecorderOption): EmbeddingModelMiddleware {
  const recorder = requireRecorder("complianceGuardEmbeddingMiddleware", options);
  return {
    // The types of ai 6 ask for this mark; no version looks at its value.
    specificationVersion: "v3",
    transformParams: async ({ params }) =>
      rememberCall(params, (cause) => recorder.reportTrouble({ code: cause.code, cause })),
    wrapEmbed: ({ doEmbed, params, model }) =>
      recordPlainCall(recorder, {
        kind: "embeddings",
        operation: "embed",
        params,
        model,
        input: () => ({ values: boundedList(member(params, "values")) }),
        settings: { dimensions: numberMember(params, "dimensions") },
        call: doEmbed,
        endOf: (result) => ({
          output: { embeddings: boundedList(member(result, "embeddings")).map(vectorPart) },
          inputTokens: numberMember(member(result, "usage"), "tokens"),
          metadata: { warnings: boundedList(member(result, "warnings")).length },
        }),
      }),
  };
}

/** A vector by the hash of its canonical JSON: thousands of numbers that nobody reads, but can compare. */
function vectorPart(vector: unknown): BlobPart {
  const { bytes, reference } = captureComponent(vector).component;
  return { type: "blob", mime_type: "application/json", sha256: reference, size_bytes: bytes.byteLength };
}
