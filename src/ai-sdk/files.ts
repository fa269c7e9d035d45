import { types } from "node:util";
import type { Piece } from "../recorder/neutral-form.ts";
import { member, namesOf, textMember } from "./unknown-shape.ts";

/**
 * The piece of a file part of a prompt, an answer or a tool's result. The data is bytes, base64, a `URL` or a `data:`
 * URI (specification V2 and V3, where tool results have `file-url`, `image-data`, `media` and the like), or tagged as
 * `data`, `url`, `reference` or `text` (V4). Undefined where there is nothing in the part.
 */
export function filePiece(part: unknown): Piece | undefined {
  const mimeType = textMember(part, "mediaType");
  const data = member(part, "data");
  const tagged = taggedPiece(data, mimeType);
  if (tagged) return tagged;
  const address = textMember(part, "originalUrl") ?? addressOf(data) ?? addressOf(member(part, "url"));
  if (address !== undefined) return { type: "link", mimeType, uri: address };
  if (isContent(data)) return { type: "file", mimeType, data };
  return referencePiece(member(part, "fileId"), mimeType);
}

function taggedPiece(data: unknown, mimeType: string | undefined): Piece | undefined {
  switch (textMember(data, "type")) {
    case "data":
    case "url":
      return filePiece({
        mediaType: mimeType,
        data: member(data, "data") ?? member(data, "url"),
        originalUrl: member(data, "originalUrl"),
      });
    case "reference":
      return referencePiece(member(data, "reference"), mimeType);
    case "text":
      // As bytes: text handed over as a string would count as base64 where it happens to look like it.
      return { type: "file", mimeType, data: Buffer.from(textMember(data, "text") ?? "", "utf8") };
    default:
      return undefined;
  }
}

/** A file the provider keeps, by its id there; several providers' ids of it in one record. */
function referencePiece(reference: unknown, mimeType: string | undefined): Piece | undefined {
  if (typeof reference === "string") return { type: "link", mimeType, uri: reference };
  const ids = namesOf(reference).map((provider) => textMember(reference, provider) ?? "");
  return ids.length > 0 ? { type: "link", mimeType, uri: ids.join(" ") } : undefined;
}

/** Only what has a scheme is an address: base64 has no colon. */
function addressOf(data: unknown): string | undefined {
  const text = typeof data === "string" ? data : textMember(data, "href");
  return text !== undefined && /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : undefined;
}

function isContent(data: unknown): data is string | Uint8Array {
  return typeof data === "string" || types.isUint8Array(data);
}
