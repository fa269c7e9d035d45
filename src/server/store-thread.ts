import { Worker } from "node:worker_threads";
import { ComplianceGuardError } from "../core/errors.ts";
import type { AppendOutcome, CheckedEvent } from "./event-store.ts";
import { GroupCommit } from "./group-commit.ts";
import type {
  StoreInput,
  StoreMethod,
  StoreOpening,
  StoreOutput,
  StoreReply,
  StoreRequest,
} from "./store-messages.ts";

/**
 * The store, on a thread of its own: a commit that waits for the disk stops nothing else. Events that arrive while a
 * commit runs share the next one.
 */
export class StoreThread {
  readonly #worker: Worker;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #appends = new GroupCommit<CheckedEvent, AppendOutcome>((events) => this.call("append", events));
  readonly #exited: Promise<void>;
  #environmentId = "";
  #lastId = 0;
  /** Set once the thread is gone: nothing asked from then on is answered. */
  #end: ComplianceGuardError | undefined;

  private constructor(opening: StoreOpening) {
    this.#worker = new Worker(WORKER_FILE, {
      workerData: opening,
      // Node 22 warns that node:sqlite is experimental.
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    this.#worker.on("message", (reply: StoreReply) => this.#settle(reply));
    this.#worker.on("error", (cause) => this.#finish("the store's thread has failed", cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        this.#finish("the store is closed");
        resolve();
      });
    });
  }

  /**
   * Opens the database.
   * @throws {ComplianceGuardError} `server_error` where another server has it open, or it is not ours.
   */
  static async open(opening: StoreOpening): Promise<StoreThread> {
    const store = new StoreThread(opening);
    try {
      store.#environmentId = (await store.#expect(OPENED)) as string;
      return store;
    } catch (error) {
      await store.#worker.terminate();
      throw error;
    }
  }

  /** The id of the one environment that is kept in the database. */
  get environmentId(): string {
    return this.#environmentId;
  }

  /** Calls a method of the store. Rejects with a ComplianceGuardError, `server_error` mostly, where it fails. */
  async call<Method extends StoreMethod>(
    method: Method,
    input: StoreInput<Method>,
  ): Promise<StoreOutput<Method>> {
    if (this.#end) throw this.#end;
    const id = ++this.#lastId;
    const answer = this.#expect(id);
    this.#worker.postMessage({ id, method, input } satisfies StoreRequest);
    return (await answer) as StoreOutput<Method>;
  }

  /** Stores one event: resolves when the transaction it is in is on the disk. */
  append(event: CheckedEvent): Promise<AppendOutcome> {
    return this.#appends.add(event);
  }

  /** Closes the database once all that was appended is in it, and ends the thread. */
  async close(): Promise<void> {
    await this.#appends.idle();
    if (!this.#end) await this.call("close", undefined);
    await this.#exited;
  }

  #expect(id: number): Promise<unknown> {
    const call = Promise.withResolvers<unknown>();
    this.#calls.set(id, call);
    return call.promise;
  }

  #settle(reply: StoreReply): void {
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if ("output" in reply) call?.resolve(reply.output);
    else call?.reject(new ComplianceGuardError(reply.error.code ?? "server_error", reply.error.message));
  }

  #finish(message: string, cause?: unknown): void {
    this.#end ??= new ComplianceGuardError("server_error", message, { cause });
    for (const call of this.#calls.values()) call.reject(this.#end);
    this.#calls.clear();
  }
}

/** The id of the reply that says whether the file could be opened. */
const OPENED = 0;

// Unlike an import's, this ending is not rewritten when the source is built.
const WORKER_FILE = new URL(
  import.meta.url.endsWith(".ts") ? "./store-worker.ts" : "./store-worker.js",
  import.meta.url,
);
