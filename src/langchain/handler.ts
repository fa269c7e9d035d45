import { ComplianceGuardError } from "../core/errors.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import type { RunKind } from "../recorder/run.ts";
import type {
  ChainStarted,
  Ended,
  ModelStarted,
  RetrieverStarted,
  Started,
  TokenSeen,
  ToolStarted,
} from "./callback-arguments.ts";
import { endChain, endModel, endThrown, endTool } from "./endings.ts";
import { recordBreakpoint } from "./interrupt-requests.ts";
import { type ExposeDocument, retrievedDocuments } from "./retrieval.ts";
import type { HandledRun, RunDetails } from "./run-details.ts";
import { type RunRecorder, RunTracker } from "./run-tracker.ts";
import { idOf, shapeOf } from "./shape.ts";
import {
  type Described,
  describeChain,
  describeModel,
  describeRetrieval,
  describeTool,
  unreadableStart,
} from "./starts.ts";
import { together } from "./together.ts";

/** What a handler is made of. */
export interface ComplianceGuardHandlerOptions {
  readonly recorder: RunRecorder;
  /** Names of your tools, for those that run without an agent that declares them: they may then go out in clear. */
  readonly knownTools?: readonly string[] | undefined;
  /** What to show in clear of each retrieved document, beside its place and its reference. @default nothing */
  readonly expose?: ExposeDocument | undefined;
}

/** By this mark LangGraph knows that a handler wants to hear of interrupts; no import of it is needed. */
const graphCallbackHandler = Symbol.for("langgraph.graph_callback_handler");

/**
 * A LangChain.js callback handler that makes one event of every model call, tool run, retrieval and top-level chain or agent
 * run, LangGraph's included. Give it to a call, a model or `withConfig`; one instance serves any number of calls at once.
 *
 * `metadata: { complianceguard: { correlationId, dataSubjects, decisionClassification, metrics } }` on a call says what it
 * belongs to, whom it is about, what kind of decision it is, and figures of your own; every run below inherits it.
 *
 * @example
 * const handler = new ComplianceGuardHandler({ recorder });
 * await chain.invoke(input, { callbacks: [handler], metadata: { complianceguard: { correlationId: applicationId } } });
 */
export class ComplianceGuardHandler {
  readonly name: string = "ComplianceGuardHandler";
  /** In the background LangChain shows arguments only after they may have changed, and in another request's context. */
  readonly awaitHandlers: boolean = true;
  /** Set where the recorder's failure policy may refuse calls. */
  readonly raiseError: boolean;
  readonly #recorder: RunRecorder;
  readonly #runs: RunTracker<RunDetails>;
  readonly #knownTools: ReadonlySet<string>;
  readonly #expose: ExposeDocument | undefined;

  /** @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy. */
  constructor({ recorder, knownTools = [], expose }: ComplianceGuardHandlerOptions) {
    if (typeof recorder?.start !== "function") throw invalid("recorder must be what createRecorder gives");
    Object.defineProperty(this, graphCallbackHandler, { value: true });
    this.raiseError = recorder.isBlocking;
    this.#recorder = recorder;
    this.#runs = new RunTracker(recorder);
    this.#knownTools = new Set(knownTools);
    this.#expose = expose;
  }

  /** LangChain would copy a handler by its constructor: this one's runs must stay one. */
  copy(): this {
    return this;
  }

  handleChatModelStart(...started: ModelStarted): Promise<void> {
    return this.#start("model", started, () => describeModel(started));
  }

  handleLLMStart(...[serialized, prompts, ...rest]: ModelStarted): Promise<void> {
    return this.handleChatModelStart(serialized, [boundedList(prompts)], ...rest);
  }

  handleLLMNewToken(...[token, , runId, , , fields]: TokenSeen): void {
    this.#runs.streamed(runId, ({ delivered }) => delivered?.addToken(token, fields) ?? true);
  }

  handleChatModelStreamEvent(...[event, runId]: Ended): void {
    this.#runs.streamed(runId, ({ delivered }) => delivered?.addEvent(event) ?? true);
  }

  handleLLMEnd(...[output, runId, , , extraParams]: Ended): Promise<void> {
    return this.#runs.end(runId, (ended) => endModel(ended, output, extraParams));
  }

  handleLLMError(...[error, runId]: Ended): Promise<void> {
    return this.#fail(runId, error);
  }

  handleToolStart(...started: ToolStarted): Promise<void> {
    return this.#start("tool", started, (parent) => describeTool(started, parent, this.#knownTools));
  }

  handleToolEvent(...[, runId]: Ended): void {
    this.#runs.hear(runId);
  }

  handleToolEnd(...[output, runId]: Ended): Promise<void> {
    return this.#runs.end(runId, (ended) => endTool(ended, output));
  }

  handleToolError(...[error, runId]: Ended): Promise<void> {
    return this.#fail(runId, error);
  }

  handleRetrieverStart(...started: RetrieverStarted): Promise<void> {
    return this.#start("retriever", started, () => describeRetrieval(started));
  }

  handleRetrieverEnd(...[documents, runId]: Ended): Promise<void> {
    return this.#runs.end(runId, ({ run }) => run.succeed(retrievedDocuments(documents, this.#expose)));
  }

  handleRetrieverError(...[error, runId]: Ended): Promise<void> {
    return this.#fail(runId, error);
  }

  handleChainStart(...started: ChainStarted): Promise<void> {
    return this.#start("chain", started, (parent) => describeChain(started, parent, this.#knownTools));
  }

  async handleChainEnd(...[output, runId, , , extra]: Ended): Promise<void> {
    let refusal: unknown;
    await this.#runs.end(runId, (ended) => {
      const answers = ended.details?.node?.answers(output) ?? [];
      if (answers.length > 0) refusal = ended.root.refusal;
      const toolEnds = answers.map((each) => this.handleToolEnd(each.message, each.runId));
      return together([...toolEnds, endChain(ended, output, extra, this.#recorder)]);
    });
    // The node made a message to the model of the refusal: an agent must not talk its way past it.
    if (refusal !== undefined) throw refusal;
  }

  handleChainError(...[error, runId]: Ended): Promise<void> {
    return this.#fail(runId, error);
  }

  /** LangGraph: the run waits for a person. Comes before its `handleChainEnd`. */
  async handleInterrupt(event: unknown): Promise<void> {
    const run = this.#runs.hear(idOf(shapeOf<"runId">(event)?.runId));
    if (!run) return;
    run.isWaiting = true;
    await recordBreakpoint(run, event, this.#recorder);
  }

  #start(
    kind: RunKind,
    [, , runId, parentRunId]: Started,
    describe: (parent: HandledRun | undefined) => Described,
  ): Promise<void> {
    return this.#runs.start({ runId, parentRunId }, (parent) => {
      try {
        return describe(parent);
      } catch {
        return unreadableStart(kind, parent);
      }
    });
  }

  #fail(runId: string, error: unknown): Promise<void> {
    return this.#runs.endThrown(runId, error, (ended) => endThrown(ended, error, this.#recorder));
  }
}

function invalid(message: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_option", message);
}
