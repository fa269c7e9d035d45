import { sha256Hex } from "../core/digest.ts";
import { imageTypeOf } from "./image-type.ts";

/**
 * A file by the hash of its bytes. `mime_type` is the one of the bytes where they are an image, else the declared one in
 * lower case and without parameters, `application/octet-stream` where nothing is known.
 */
export interface BlobPart {
  readonly type: "blob";
  readonly mime_type: string;
  readonly sha256: string;
  readonly size_bytes: number;
}

/** A file by its address. The bytes are wherever the address leads: nothing is fetched. */
export interface UriPart {
  readonly type: "uri";
  readonly mime_type?: string;
  readonly uri: string;
}

/**
 * The neutral part of a file whose content is at hand: bytes, base64 in the standard or the URL alphabet (white space and
 * padding aside), or a `data:` URI. Text that is none of these counts as the bytes of its UTF-8.
 */
export function filePart(data: Uint8Array | string, mimeType?: string | undefined): BlobPart {
  if (typeof data !== "string") return blobPart(data, mimeType);
  const embedded = dataOfUri(data);
  if (embedded) return blobPart(embedded.bytes, embedded.mimeType ?? mimeType);
  return blobPart(bytesOfBase64(data) ?? Buffer.from(data, "utf8"), mimeType);
}

/** The neutral part of a file known by its address; a `data:` URI becomes a blob of the bytes in it. */
export function linkPart(uri: string, mimeType?: string | undefined): BlobPart | UriPart {
  const embedded = dataOfUri(uri);
  if (embedded) return blobPart(embedded.bytes, embedded.mimeType ?? mimeType);
  const essence = mimeEssence(mimeType);
  return essence === undefined ? { type: "uri", uri } : { type: "uri", mime_type: essence, uri };
}

function blobPart(bytes: Uint8Array, mimeType: string | undefined): BlobPart {
  return {
    type: "blob",
    mime_type: imageTypeOf(bytes) ?? mimeEssence(mimeType) ?? "application/octet-stream",
    sha256: sha256Hex(bytes),
    size_bytes: bytes.byteLength,
  };
}

/** Parameters are dropped because frameworks disagree on keeping them (`text/plain;charset=utf-8`). */
function mimeEssence(mimeType: string | undefined): string | undefined {
  const essence = mimeType?.split(";", 1)[0]?.trim().toLowerCase();
  return essence === "" ? undefined : essence;
}

/** The content of a `data:` URI (RFC 2397), or undefined where `uri` is none or does not decode. */
function dataOfUri(uri: string): { bytes: Uint8Array; mimeType: string | undefined } | undefined {
  const comma = uri.indexOf(",");
  const head = comma < 0 ? undefined : /^\s*data:(.*?)(;\s*base64\s*)?$/is.exec(uri.slice(0, comma));
  if (!head) return undefined;
  const body = percentDecoded(uri.slice(comma + 1));
  const bytes = head[2] === undefined ? body : bytesOfBase64(body.toString("latin1"));
  return bytes && { bytes, mimeType: mimeEssence(head[1]) };
}

function percentDecoded(text: string): Buffer {
  if (!text.includes("%")) return Buffer.from(text, "utf8");
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  return Buffer.from(
    bytes.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

function bytesOfBase64(text: string): Uint8Array | undefined {
  const packed = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  const digits = /^[A-Za-z0-9+/_-]*/.exec(packed)?.[0].length ?? 0;
  const isBase64 = digits % 4 !== 1 && /^={0,2}$/.test(packed.slice(digits));
  return isBase64 ? Buffer.from(packed, "base64") : undefined;
}
