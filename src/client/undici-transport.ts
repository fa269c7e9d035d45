import { type Dispatcher, Pool } from "undici";
import type { BaseUrl } from "./base-url.ts";
import { readBounded, type Transport } from "./transport.ts";

/** More than the outbox or the direct sink use at once, fewer than would trouble a server. */
const CONNECTIONS = 16;

/**
 * Requests by undici, over a pool of kept-alive connections that the transport owns.
 * @param connectTimeoutMs After which a connection that does not come about is given up.
 */
export function pooledTransport(baseUrl: BaseUrl, connectTimeoutMs: number): Transport {
  const pool = new Pool(baseUrl.origin, { connections: CONNECTIONS, connect: { timeout: connectTimeoutMs } });
  return { ...dispatchedTransport(baseUrl, pool), close: () => pool.close() };
}

/** Requests by undici, over the caller's own dispatcher (a proxy, a private CA), which stays the caller's to close. */
export function dispatchedTransport({ origin, pathPrefix }: BaseUrl, dispatcher: Dispatcher): Transport {
  return {
    async send({ method, path, headers, body, maxAnswerBytes }, signal) {
      const answer = await dispatcher.request({
        origin,
        path: pathPrefix + path,
        method,
        headers,
        body: body ?? null,
        signal,
        // The deadline is the call's as a whole; the phases have none of their own.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return {
        status: answer.statusCode,
        retryAfter: [answer.headers["retry-after"]].flat()[0],
        body: await readBounded(answer.body, answer.statusCode, maxAnswerBytes),
      };
    },
    close: async () => {},
  };
}
