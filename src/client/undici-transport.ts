import { type Dispatcher, Pool } from "undici";
import type { BaseUrl } from "./base-url.ts";
import { BoundedBody, readBounded, type Transport, type TransportAnswer } from "./transport.ts";

/** As many as the outbox uses at once while many events wait, and more than the direct sink does. */
const CONNECTIONS = 32;

/** The deadline is the call's as a whole; the phases have none of their own. */
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 } as const;

/**
 * Requests by undici, over a pool of kept-alive connections that the transport owns.
 * @param connectTimeoutMs After which a connection that does not come about is given up.
 */
export function pooledTransport({ origin, pathPrefix }: BaseUrl, connectTimeoutMs: number): Transport {
  const pool = new Pool(origin, { connections: CONNECTIONS, connect: { timeout: connectTimeoutMs } });
  return {
    send({ method, path, headers, body, maxAnswerBytes }, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) throw signal.reason;
        const exchange = new PooledExchange(maxAnswerBytes, signal, resolve, reject);
        // What undici makes of an answer for `request`, a stream, takes as long as all the rest.
        pool.dispatch(
          { path: pathPrefix + path, method, headers, body: body ?? null, ...NO_TIMEOUTS },
          exchange,
        );
      });
    },
    close: () => pool.close(),
  };
}

/** Hears of one request as undici sends it. */
class PooledExchange implements Dispatcher.DispatchHandler {
  readonly #maxAnswerBytes: number;
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: TransportAnswer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort = (): void => this.#abort();
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #retryAfter: string | undefined;
  #body: BoundedBody | undefined;

  constructor(
    maxAnswerBytes: number,
    signal: AbortSignal,
    resolve: (answer: TransportAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It may have waited for a connection until then.
    if (this.#signal.aborted) this.#abort();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status;
    this.#retryAfter = [headers["retry-after"]].flat()[0];
    // An answer such as 103 may come before the answer.
    this.#body = new BoundedBody(status, this.#maxAnswerBytes);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#body?.add(chunk)) return;
    this.#end();
    controller.abort(new Error("the rest of the answer is not wanted"));
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#reject(error);
  }

  #end(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    const body = this.#body?.read() ?? { text: "", isCut: false };
    this.#resolve({ status: this.#status, retryAfter: this.#retryAfter, body });
  }

  #abort(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#reject(this.#signal.reason);
    this.#controller?.abort(this.#signal.reason);
  }
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
        ...NO_TIMEOUTS,
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
