/** One HTTP request. `path` begins after the base URL's own path. */
export interface TransportRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** Where reading a 2xx answer's body stops; that of an error stops at {@link MAX_ERROR_BYTES}. */
  readonly maxAnswerBytes: number;
}

/** What came back, whatever its status. */
export interface TransportAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: BoundedText;
}

/** Text of an answer; `isCut` where there was more than was asked for. */
export interface BoundedText {
  readonly text: string;
  readonly isCut: boolean;
}

/** Carries requests to one platform. Never follows a redirect: the API key would go along. */
export interface Transport {
  send(request: TransportRequest, signal: AbortSignal): Promise<TransportAnswer>;
  /** Lets what is under way finish, then drops the connections it owns. */
  close(): Promise<void>;
}

/** So much of an error's body is read. */
const MAX_ERROR_BYTES = 2 ** 20;

/** Reads an answer's body as far as its status allows, and drops the connection if there is more. */
export async function readBounded(
  chunks: AsyncIterable<Uint8Array>,
  status: number,
  maxAnswerBytes: number,
): Promise<BoundedText> {
  const body = new BoundedBody(status, maxAnswerBytes);
  for await (const chunk of chunks) if (!body.add(chunk)) break;
  return body.read();
}

/** Gathers an answer's body as far as its status allows. Counts what arrives: a Content-Length can be missing or a lie. */
export class BoundedBody {
  readonly #maxBytes: number;
  readonly #kept: Uint8Array[] = [];
  #size = 0;

  constructor(status: number, maxAnswerBytes: number) {
    this.#maxBytes = isSuccess(status) ? maxAnswerBytes : MAX_ERROR_BYTES;
  }

  /** Takes the next piece. False where there is more than is wanted: the rest need not be read. */
  add(chunk: Uint8Array): boolean {
    this.#kept.push(chunk.subarray(0, this.#maxBytes - this.#size));
    this.#size += chunk.length;
    return this.#size <= this.#maxBytes;
  }

  read(): BoundedText {
    return { text: decoder.decode(Buffer.concat(this.#kept)), isCut: this.#size > this.#maxBytes };
  }
}

const decoder = new TextDecoder();

/** Whether an answer's status is 2xx. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}
