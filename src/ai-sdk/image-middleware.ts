import { boundedList } from "../recorder/bounded-list.ts";
import { NeutralConversation, type Piece } from "../recorder/neutral-form.ts";
import { present } from "../recorder/present.ts";
import type { RunEnd } from "../recorder/run.ts";
import { filePiece } from "./files.ts";
import { recordPlainCall } from "./plain-call.ts";
import { type RecorderOption, requireRecorder } from "./recorder-option.ts";
import { rememberCall } from "./remembered-calls.ts";
import { member, textMember } from "./unknown-shape.ts";
import { usageOf } from "./usage.ts";

/** Middleware for `wrapImageModel` and `wrapProvider` of ai 6 and 7; ai 5 has none. */
export interface ImageModelMiddleware {
  readonly specificationVersion: "v3";
  readonly transformParams: <Params extends object>(options: { readonly params: Params }) => Promise<Params>;
  readonly wrapGenerate: <Result>(call: {
    readonly doGenerate: () => PromiseLike<Result>;
    readonly params: object;
    readonly model: object;
  }) => Promise<Result>;
}

/**
 * Middleware that records every attempt at an image model as one event, a model call like any: the prompt with the files it
 * edits as a user's message, the images as blobs of the answer. A mask is the last file. The framework asks several times where
 * a model gives fewer images a call than were asked for: each is an event.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder. Under `onFailure: "block"` a call whose start record could
 * not be kept rejects with `record_not_kept` and is not made.
 */
export function complianceGuardImageMiddleware(options: RecorderOption): ImageModelMiddleware {
  const recorder = requireRecorder("complianceGuardImageMiddleware", options);
  return {
    // The types of ai 6 ask for this mark; no version looks at its value.
    specificationVersion: "v3",
    transformParams: async ({ params }) =>
      rememberCall(params, (cause) => recorder.reportTrouble({ code: cause.code, cause })),
    wrapGenerate: ({ doGenerate, params, model }) =>
      recordPlainCall(recorder, {
        kind: "model",
        operation: "generate_image",
        params,
        model,
        input: () => conversationOf("user", questionPieces(params)),
        settings: present({
          ...Object.fromEntries(settingNames.map((name) => [name, member(params, name)])),
          mask: member(params, "mask") === undefined ? undefined : true,
        }),
        call: doGenerate,
        endOf: imageEnd,
      }),
  };
}

const settingNames = ["n", "size", "aspectRatio", "seed"];

function questionPieces(params: object): Piece[] {
  const files = [...boundedList(member(params, "files")), member(params, "mask")];
  const text = textMember(params, "prompt") ?? "";
  return [{ type: "text", text }, ...files.map(filePiece).filter((piece) => piece !== undefined)];
}

function imageEnd(result: unknown): RunEnd {
  const images = boundedList(member(result, "images")).map((data) => filePiece({ data }));
  const usage = usageOf(member(result, "usage"));
  return {
    output: conversationOf(
      "assistant",
      images.filter((piece) => piece !== undefined),
    ),
    modelId: textMember(member(result, "response"), "modelId"),
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    metadata: present({
      usage: usage.details,
      warnings: boundedList(member(result, "warnings")).length,
    }),
  };
}

function conversationOf(role: "user" | "assistant", pieces: readonly Piece[]): object {
  const conversation = new NeutralConversation();
  conversation.add(role, pieces);
  return conversation.component();
}
