/** How a tapped stream ended: by itself, with an error of the source, or because nobody wants more of it. */
export type StreamEnd =
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "cancelled" };

/** Hears of a stream after its reader did. */
export interface StreamListener {
  part(part: unknown): void;
  /** Called once; parts may still pass afterwards, unheard. */
  end(end: StreamEnd): void;
  /** One of the others threw: the stream does not notice. */
  trouble(cause: unknown): void;
}

/**
 * A stream of the same parts, untouched and in the same order, each forwarded before `listener` hears of it. It reads ahead
 * of its reader by nothing. An abort of `signal` counts as the end too: some versions of the framework then neither cancel nor
 * drain a stream whose provider ignores the signal.
 */
export function tapStream<T>(
  source: ReadableStream<T>,
  listener: StreamListener,
  signal?: AbortSignal | undefined,
): ReadableStream<T> {
  const reader = source.getReader();
  let hasEnded = false;
  const end = (how: StreamEnd): void => {
    if (hasEnded) return;
    hasEnded = true;
    signal?.removeEventListener("abort", abort);
    try {
      listener.end(how);
    } catch (cause) {
      listener.trouble(cause);
    }
  };
  const abort = (): void => end({ kind: "cancelled" });
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();

  // Promises are what a part costs: of each there is but the one of its read, and functions are made once a stream.
  let controller: ReadableStreamDefaultController<T>;
  let isReading = false;
  let isCancelled = false;
  const forward = (next: Awaited<ReturnType<typeof reader.read>>): void => {
    isReading = false;
    if (isCancelled) return;
    if (next.done) {
      controller.close();
      end({ kind: "ended" });
      return;
    }
    controller.enqueue(next.value);
    if (hasEnded) return;
    try {
      listener.part(next.value);
    } catch (cause) {
      listener.trouble(cause);
    }
  };
  const fail = (error: unknown): void => {
    controller.error(error);
    end({ kind: "failed", error });
  };

  return new ReadableStream<T>(
    {
      start(own) {
        controller = own;
      },
      // A TransformStream would hide a cancellation from us in some runtimes, and read ahead.
      pull() {
        // A reader that asks twice is asked for again when the first of its parts is there.
        if (isReading) return;
        isReading = true;
        reader.read().then(forward, fail);
      },
      cancel(reason) {
        isCancelled = true;
        const cancelled = reader.cancel(reason);
        end({ kind: "cancelled" });
        return cancelled;
      },
    },
    { highWaterMark: 0 },
  );
}
