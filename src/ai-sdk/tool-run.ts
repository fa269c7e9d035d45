import { toolOutput } from "../recorder/neutral-form.ts";
import type { Run, RunEnd } from "../recorder/run.ts";
import { currentToolRun } from "./current-tool-run.ts";
import { outcomeOfError } from "./outcome.ts";
import { member } from "./unknown-shape.ts";

/** One run of a tool: calls it, hands on what it gives and settles the run. What is started in there belongs to it. */
export class ToolRun {
  readonly #run: Run;
  readonly #isBlocking: boolean;
  readonly #signal: AbortSignal | undefined;

  /** @param isBlocking The tool is not called before the run is admitted. */
  constructor(run: Run, isBlocking: boolean, signal: AbortSignal | undefined) {
    this.#run = run;
    this.#isBlocking = isBlocking;
    this.#signal = signal;
  }

  /**
   * The tool's output once its event is kept, or its outputs as they come where it turns out to give several. A tool that
   * has to wait for admission gives a promise in any case: then the last output is the output.
   */
  output(call: () => unknown): Promise<unknown> | AsyncIterable<unknown> {
    if (this.#isBlocking) return this.#outputOnceAdmitted(call);
    const result = this.#attempt(call);
    return isAsyncIterable(result) ? this.outputs(() => result) : this.#settled(result);
  }

  /** The tool's outputs as they come, once the run is admitted; the last is recorded. */
  async *outputs(call: () => AsyncIterable<unknown>): AsyncGenerator<unknown, void, void> {
    let last: { readonly output: unknown } | undefined;
    let isSettled = false;
    try {
      await this.#run.admitted;
      for await (const output of this.#within(call)) {
        last = { output };
        this.#run.touch();
        yield output;
      }
      isSettled = true;
      await this.#run.succeed(endOf(last));
    } catch (error) {
      isSettled = true;
      await this.#failed(error, endOf(last));
      throw error;
    } finally {
      // The reader stopped at one of the outputs.
      if (!isSettled) await this.#run.cancel(endOf(last));
    }
  }

  async #outputOnceAdmitted(call: () => unknown): Promise<unknown> {
    await this.#run.admitted;
    const result = this.#attempt(call);
    if (!isAsyncIterable(result)) return await this.#settled(result);
    let last: unknown;
    for await (const output of this.outputs(() => result)) last = output;
    return last;
  }

  /** A tool that throws at once becomes a promise that rejects. */
  #attempt(call: () => unknown): unknown {
    try {
      return currentToolRun.run(this.#run, call);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #settled(result: unknown): Promise<unknown> {
    let output: unknown;
    try {
      output = await result;
    } catch (error) {
      await this.#failed(error);
      throw error;
    }
    await this.#run.succeed({ output: toolOutput(output) });
    return output;
  }

  /** A generator runs where its next output is asked for, not where it was made. */
  #within(call: () => AsyncIterable<unknown>): AsyncIterable<unknown> {
    const within = <T>(step: () => T): T => currentToolRun.run(this.#run, step);
    const iterator = within(call)[Symbol.asyncIterator]();
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => within(() => iterator.next()),
        return: async () => (await within(() => iterator.return?.())) ?? { done: true, value: undefined },
      }),
    };
  }

  #failed(error: unknown, end?: RunEnd): Promise<void> {
    const outcome = outcomeOfError(error, this.#signal);
    return outcome.kind === "fail" ? this.#run.fail(error, end) : this.#run.cancel(end);
  }
}

function endOf(last: { readonly output: unknown } | undefined): RunEnd {
  return last ? { output: toolOutput(last.output) } : {};
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof member(value, Symbol.asyncIterator) === "function";
}
