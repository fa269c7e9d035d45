/**
 * Counts attempts by the prompt object: the framework makes it once a step and hands the same to each retry (but for ai 7's
 * `streamText`, which makes it anew and whose attempts stay unnumbered). Holds nothing that is not in use elsewhere.
 */
export class Attempts {
  readonly #failures = new WeakMap<object, { readonly model: unknown; readonly count: number }>();

  /** 2 and up where an earlier attempt at this prompt with this model failed; undefined where none is known. */
  next(prompt: unknown, model: unknown): number | undefined {
    const failed = isObject(prompt) ? this.#failures.get(prompt) : undefined;
    return failed?.model === model && failed ? failed.count + 1 : undefined;
  }

  /** An attempt ended. Where it worked, a later call with the prompt is no retry. */
  ended(prompt: unknown, model: unknown, hasFailed: boolean, attempt: number | undefined): void {
    if (!isObject(prompt)) return;
    if (hasFailed) this.#failures.set(prompt, { model, count: attempt ?? 1 });
    else this.#failures.delete(prompt);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
