import type { BaseUrl } from "./base-url.ts";
import { readBounded, type Transport } from "./transport.ts";

/** The part of `fetch` that is used: the global one, undici's, or that of another runtime or library. */
export type FetchFunction = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body: Uint8Array<ArrayBuffer> | null;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<FetchAnswer>;

/** The part of a `Response` that is read. */
export interface FetchAnswer {
  readonly status: number;
  readonly type?: string | undefined;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Requests by a `fetch` function. */
export function fetchTransport({ origin, pathPrefix }: BaseUrl, fetch: FetchFunction): Transport {
  return {
    async send({ method, path, headers, body, maxAnswerBytes }, signal) {
      const answer = await fetch(`${origin}${pathPrefix}${path}`, {
        method,
        headers: { ...headers },
        body: body ? new Uint8Array(body) : null,
        redirect: "manual",
        signal,
      });
      return {
        // Where the runtime hides a redirect, its status is 0.
        status: answer.type === "opaqueredirect" ? 302 : answer.status,
        retryAfter: answer.headers.get("retry-after") ?? undefined,
        body: answer.body
          ? await readBounded(answer.body, answer.status, maxAnswerBytes)
          : { text: "", isCut: false },
      };
    },
    close: async () => {},
  };
}
