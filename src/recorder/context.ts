import { AsyncLocalStorage } from "node:async_hooks";

/** What `withContext` gives to every run inside. */
export interface RunContext {
  /** Sent as given: the request, application or case the decisions belong to. */
  readonly correlationId?: string | undefined;
  /** The persons the decisions are about; pseudonyms where the recorder has a `pseudonymKey`. */
  readonly dataSubjects?: readonly string[] | undefined;
}

/** The caller's context, carried along asynchronous calls. An inner context inherits what it does not set. */
export class ContextStore {
  readonly #storage = new AsyncLocalStorage<RunContext>();

  run<T>(context: RunContext, work: () => T): T {
    const outer = this.#storage.getStore();
    return this.#storage.run(
      {
        correlationId: context.correlationId ?? outer?.correlationId,
        dataSubjects: context.dataSubjects ?? outer?.dataSubjects,
      },
      work,
    );
  }

  get current(): RunContext | undefined {
    return this.#storage.getStore();
  }
}
