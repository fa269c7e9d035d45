import { readVectors } from "./vectors.ts";

/** A message in OpenAI's chat form. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content:
    | string
    | null
    | readonly {
        readonly type: string;
        readonly text?: string;
        readonly image_url?: { readonly url: string };
      }[];
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}

/** A conversation, its answer, and what the neutral form makes of both. */
export interface CaptureVector {
  readonly name: string;
  readonly conversation: readonly ChatMessage[];
  readonly answer: ChatMessage;
  readonly input: unknown;
  readonly output: unknown;
  readonly inputReference: string;
  readonly outputReference: string;
}

export function captureVectors(): readonly CaptureVector[] {
  return readVectors<readonly CaptureVector[]>("capture.json");
}

/** The media type and the base64 of a `data:` URI. */
export function fileOfDataUri(uri: string): { readonly mediaType: string; readonly data: string } {
  const [, mediaType = "", data = ""] = /^data:([^;]*);base64,(.*)$/.exec(uri) ?? [];
  return { mediaType, data };
}
