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
    quietly(listener, () => listener.end(how));
  };
  const abort = (): void => end({ kind: "cancelled" });
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();

  return new ReadableStream<T>(
    {
      // A TransformStream would hide a cancellation from us in some runtimes, and read ahead.
      async pull(controller) {
        let next: Awaited<ReturnType<typeof reader.read>>;
        try {
          next = await reader.read();
        } catch (error) {
          controller.error(error);
          return end({ kind: "failed", error });
        }
        if (next.done) {
          controller.close();
          return end({ kind: "ended" });
        }
        const { value } = next;
        controller.enqueue(value);
        if (!hasEnded) quietly(listener, () => listener.part(value));
      },
      cancel(reason) {
        const cancelled = reader.cancel(reason);
        end({ kind: "cancelled" });
        return cancelled;
      },
    },
    { highWaterMark: 0 },
  );
}

function quietly(listener: StreamListener, listen: () => void): void {
  try {
    listen();
  } catch (cause) {
    listener.trouble(cause);
  }
}
