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
  let chunks: readonly Uint8Array[] | undefined;
  try {
    // The HTTP parser reads no further than an announced length; only a stream without one needs to be counted.
    chunks = request.headers.has("content-length")
      ? [new Uint8Array(await request.arrayBuffer())]
      : await readCounted(request.body, limitBytes);
  } catch {
    throw refusal(400, "bad_request", "the body ended before its end");
  }
  if (!chunks) throw tooLarge(limitBytes);
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}

/** How much of a body that is too large is read and dropped, so that its sender gets the answer and can use the connection again. */
const MAX_DROPPED_BYTES = 64 * 1024 * 1024;

/** The chunks of a body, or undefined where it is too large. */
async function readCounted(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<readonly Uint8Array[] | undefined> {
  let chunks: Uint8Array[] | undefined = [];
  let sizeBytes = 0;
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limitBytes) chunks = undefined;
    if (sizeBytes > limitBytes + MAX_DROPPED_BYTES) break;
    chunks?.push(chunk);
  }
  return chunks;
}

function tooLarge(limitBytes: number) {
  return refusal(413, "body_too_large", `the body is larger than ${limitBytes} bytes`);
}
