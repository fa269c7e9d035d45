import { Worker } from "node:worker_threads";
import type { IngestResult } from "../client/answers.ts";
import { ComplianceGuardError } from "../core/errors.ts";
import type { OutgoingEvent } from "../core/event-sink.ts";
import type {
  FromWorker,
  OutboxMethod,
  OutboxOpening,
  PlainTrouble,
  Question,
  RecordRequest,
  ToWorker,
} from "./messages.ts";
import { errorOf, plainErrorOf } from "./plain-error.ts";
import { RecordBatches } from "./record-batches.ts";

/** What the thread asks of the application's. */
export interface ThreadSurroundings {
  apiKey(): Promise<string>;
  send(eventId: string, body: Uint8Array): Promise<IngestResult>;
  report(trouble: PlainTrouble): void;
}

/** The application's side of the outbox's thread. */
export class OutboxThread {
  readonly #worker: Worker;
  readonly #surroundings: ThreadSurroundings;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #batches: RecordBatches;
  readonly #opened: Promise<unknown>;
  readonly #startedAtMs = performance.now();
  #lastId = 0;
  #end: ComplianceGuardError | undefined;
  #isOpen = false;
  #isClosing = false;
  #ownFile: string | undefined;

  constructor(opening: OutboxOpening, surroundings: ThreadSurroundings) {
    this.#surroundings = surroundings;
    this.#ownFile = opening.continues;
    this.#worker = new Worker(WORKER_FILE, {
      workerData: opening,
      // Node 22 warns that node:sqlite is experimental.
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    this.#batches = new RecordBatches((id, records, bytes) =>
      this.#post({ kind: "records", id, records, bytes }, [bytes.buffer as ArrayBuffer]),
    );
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (cause) => this.#finish("its thread has failed", cause));
    this.#worker.on("exit", () => this.#finish("its thread has ended"));
    this.#opened = this.#expect(OPENED).then((ownFile) => {
      this.#isOpen = true;
      this.#ownFile = ownFile as string | undefined;
    });
    this.#opened.catch((error) => this.#finish("it could not be opened", error));
    this.#unrefWhenIdle();
  }

  /** True once it can do nothing more, and another one may be tried: at once, or after a moment where it never opened. */
  get isReplaceable(): boolean {
    return this.#end !== undefined && (this.#isOpen || performance.now() - this.#startedAtMs > TRY_AGAIN_MS);
  }

  /** The data file that another thread has to go on with after this one has died. */
  get ownFile(): string | undefined {
    return this.#ownFile;
  }

  /** Keeps a record; resolves when it is on the disk. */
  async keep(action: RecordRequest["action"], { eventId, body, hasDerivedId }: OutgoingEvent): Promise<void> {
    if (this.#end) throw this.#end;
    this.#worker.ref();
    try {
      await this.#batches.add(
        { action, eventId, hasDerivedId: hasDerivedId ?? false, size: body.length },
        body,
      );
    } finally {
      this.#unrefWhenIdle();
    }
  }

  /** Asks the thread for something else. */
  async call(method: OutboxMethod, input?: unknown): Promise<unknown> {
    this.#worker.ref();
    try {
      await this.#opened;
      if (this.#end) throw this.#end;
      const id = ++this.#lastId;
      const answer = this.#expect(id);
      this.#batches.sendAll();
      this.#post({ kind: "call", id, method, input }, []);
      return await answer;
    } finally {
      this.#unrefWhenIdle();
    }
  }

  /** Lets go of the files and ends the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    // Where the thread is gone already there is nothing left to close.
    await this.call("close").catch(() => {});
    await this.#worker.terminate();
  }

  #expect(id: number): Promise<unknown> {
    const call = Promise.withResolvers<unknown>();
    this.#calls.set(id, call);
    return call.promise;
  }

  #post(message: ToWorker, transferred: readonly ArrayBuffer[]): void {
    this.#worker.postMessage(message, transferred);
  }

  /** A process that has nothing else to do may end: what waits is on the disk. */
  #unrefWhenIdle(): void {
    if (this.#batches.isIdle && [...this.#calls.keys()].every((id) => id === OPENED)) this.#worker.unref();
  }

  #receive(message: FromWorker): void {
    if (message.kind === "kept") this.#batches.settled(message.id, message.refusals);
    else if (message.kind === "trouble") this.#surroundings.report(message.trouble);
    else if (message.kind === "ask") void this.#answer(message.id, message.question);
    else {
      const call = this.#calls.get(message.id);
      this.#calls.delete(message.id);
      if (message.error) call?.reject(errorOf(message.error));
      else call?.resolve(message.output);
    }
  }

  async #answer(id: number, question: Question): Promise<void> {
    const { apiKey, send } = this.#surroundings;
    try {
      const output = await (question.what === "key" ? apiKey() : send(question.eventId, question.body));
      this.#post({ kind: "given", id, output }, []);
    } catch (error) {
      this.#post({ kind: "given", id, error: plainErrorOf(error) }, []);
    }
  }

  #finish(message: string, cause?: unknown): void {
    if (this.#end) return;
    this.#end =
      cause instanceof ComplianceGuardError
        ? cause
        : new ComplianceGuardError("outbox_unusable", `The outbox keeps nothing more: ${message}`, { cause });
    for (const call of this.#calls.values()) call.reject(this.#end);
    this.#calls.clear();
    this.#batches.fail(this.#end);
    // What is waited for has heard of it; where nobody waits, nobody would.
    if (this.#isOpen && !this.#isClosing) {
      const { code, message } = this.#end;
      this.#surroundings.report({ code, message: `${message}. It is started again for the next record` });
    }
  }
}

/** A directory that could not be used is looked at again, but not for every record. */
const TRY_AGAIN_MS = 1_000;

/** The id of the reply that says whether the outbox could be opened. */
const OPENED = 0;

// Unlike an import's, this ending is not rewritten when the source is built.
const WORKER_FILE = new URL(
  import.meta.url.endsWith(".ts") ? "./outbox-worker.ts" : "./outbox-worker.js",
  import.meta.url,
);
