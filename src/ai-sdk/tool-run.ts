import { types } from "node:util";
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

  /** The tool's output once its event is kept, or its outputs as they come where it gives an async iterable. */
  perform(execute: unknown, call: () => unknown): Promise<unknown> | AsyncIterable<unknown> {
    // Calling a generator function runs none of it yet, so that it can wait for admission and still give its outputs one by one.
    const isGenerator = types.isGeneratorFunction(execute) && types.isAsyncFunction(execute);
    if (this.#isBlocking && !isGenerator) return this.#performOnceAdmitted(call);
    const result = this.#attempt(call);
    return isAsyncIterable(result) ? this.#forward(result) : this.#settled(result);
  }

  /** Whoever waits for a promise has no use for outputs on the way: the last one is the output. */
  async #performOnceAdmitted(call: () => unknown): Promise<unknown> {
    await this.#run.admitted;
    const result = this.#attempt(call);
    if (!isAsyncIterable(result)) return await this.#settled(result);
    let last: unknown;
    for await (const output of this.#forward(result)) last = output;
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

  async *#forward(outputs: AsyncIterable<unknown>): AsyncGenerator<unknown, void, void> {
    let last: { readonly output: unknown } | undefined;
    let isSettled = false;
    try {
      await this.#run.admitted;
      for await (const output of this.#within(outputs)) {
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

  /** A generator runs where its next output is asked for, not where it was made. */
  #within(outputs: AsyncIterable<unknown>): AsyncIterable<unknown> {
    const iterator = outputs[Symbol.asyncIterator]();
    const within = <T>(step: () => T): T => currentToolRun.run(this.#run, step);
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
