import { refusal } from "./problem.ts";

/**
 * The text of a JSON request, character for character: UTF-8 and nothing else, at most `limitBytes` long.
 * Answers 415 for another content type or a content encoding, 413 as soon as the limit is passed, whether or not the client
 * announced a length, and 400 for what is not UTF-8 or ends before its announced length.
 */
export async function readJsonText(request: Request, limitBytes: number): Promise<string> {
  checkHeaders(request.headers, limitBytes);
  const bytes = await readBytes(request, limitBytes);
  try {
    return utf8.decode(bytes);
  } catch {
    throw refusal(400, "invalid_json", "the body is not UTF-8");
  }
}

// A byte order mark stays in the text, where it is a syntax error: the digest covers every byte.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function checkHeaders(headers: Headers, limitBytes: number): void {
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(headers.get("content-type") ?? "")) {
    throw refusal(415, "unsupported_media_type", "send the body as Content-Type: application/json");
  }
  if (!/^(identity)?$/i.test(headers.get("content-encoding") ?? "")) {
    throw refusal(415, "unsupported_media_type", "send the body without a Content-Encoding");
  }
  if (Number(headers.get("content-length")) > limitBytes) throw tooLarge(limitBytes);
}

async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  try {
    // The HTTP parser reads no further than an announced length; only a stream without one needs to be counted.
    if (request.headers.has("content-length")) return new Uint8Array(await request.arrayBuffer());
    return await readCounted(request.body, limitBytes);
  } catch (error) {
    if (error instanceof BodyTooLarge) throw tooLarge(limitBytes);
    throw refusal(400, "bad_request", "the body ended before its end");
  }
}

class BodyTooLarge extends Error {}

async function readCounted(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limitBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(limitBytes: number) {
  return refusal(413, "body_too_large", `the body is larger than ${limitBytes} bytes`);
}
