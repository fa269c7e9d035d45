import type { Piece } from "../recorder/neutral-form.ts";
import { type Shape, shapeOf, textOf } from "./shape.ts";

type Media = Shape<
  | "type"
  | "source_type"
  | "mime_type"
  | "mimeType"
  | "media_type"
  | "data"
  | "url"
  | "uri"
  | "fileUri"
  | "text"
  | "id"
  | "fileId"
  | "file_id"
  | "file_url"
  | "file_data"
  | "format"
  | "source"
  | "image_url"
  | "input_audio"
  | "file"
  | "inlineData"
  | "fileData"
>;

const audioTypes: Readonly<Record<string, string>> = { mp3: "audio/mpeg", wav: "audio/wav" };

/**
 * The file in a content block: an image, audio, video or document in the standard form (with or without `source_type`) or
 * as OpenAI, Anthropic and Google write it. Undefined where the block is none of these. A file known only by a provider's
 * id is a link to that id.
 */
export function mediaPiece(value: object): Piece | undefined {
  const block = value as Media;
  switch (block.type) {
    case "image":
    case "audio":
    case "video":
    case "file":
    case "document":
    case "text-plain":
    case "media":
    case "input_file":
    case "input_image":
    case "image_url":
    case "input_audio":
      return nested(block) ?? pieceOf(block);
    default:
      // Google's parts have no type.
      return pieceOf(shapeOf<keyof Media>(block.inlineData ?? block.fileData));
  }
}

function nested(block: Media): Piece | undefined {
  const image = block.image_url;
  if (typeof image === "string") return { type: "link", uri: image };
  const inner =
    image ?? block.source ?? block.input_audio ?? block.file ?? block.inlineData ?? block.fileData;
  return pieceOf(shapeOf<keyof Media>(inner));
}

function pieceOf(media: Media | undefined): Piece | undefined {
  if (!media) return undefined;
  const mimeType = mimeTypeOf(media);
  const data = media.data ?? media.file_data;
  if (data instanceof Uint8Array || textOf(data) !== undefined) {
    // Anthropic's plain text documents: the text itself stands where others have base64.
    if (typeof data === "string" && media.type === "text") return textFile(data, mimeType);
    return { type: "file", mimeType, data: data as Uint8Array | string };
  }
  const address = textOf(media.url) ?? textOf(media.uri) ?? textOf(media.fileUri) ?? textOf(media.file_url);
  if (address !== undefined) return { type: "link", mimeType, uri: address };
  const text = textOf(media.text);
  if (text !== undefined) return textFile(text, mimeType);
  const id = textOf(media.fileId) ?? textOf(media.file_id) ?? textOf(media.id);
  return id === undefined ? undefined : { type: "link", mimeType, uri: id };
}

function mimeTypeOf(media: Media): string | undefined {
  const format = textOf(media.format);
  return (
    textOf(media.mimeType) ??
    textOf(media.mime_type) ??
    textOf(media.media_type) ??
    (format === undefined ? undefined : (audioTypes[format] ?? `audio/${format}`))
  );
}

function textFile(text: string, mimeType: string | undefined): Piece {
  return { type: "file", mimeType: mimeType ?? "text/plain", data: Buffer.from(text, "utf8") };
}
