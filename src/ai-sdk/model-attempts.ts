import { NOT_SHOWN } from "../recorder/not-shown.ts";
import { present } from "../recorder/present.ts";
import type { Run } from "../recorder/run.ts";
import type { Answer } from "./answer.ts";
import { callSettings, declaredTools } from "./call-settings.ts";
import { currentModelCall, type OfferedCall } from "./current-model-call.ts";
import { ModelCall } from "./model-call.ts";
import type { Operation } from "./operation.ts";
import { answeredToolCallIds, type PromptReading, readPrompt } from "./prompt.ts";
import { keepStructuredAnswer } from "./structured-answers.ts";
import { givenMessages } from "./telemetry-events.ts";
import { keepUnexecutedCalls } from "./unexecuted-calls.ts";
import { member, textMember } from "./unknown-shape.ts";

/**
 * The attempts at models that one operation makes, one by one. Each is started before the model is called; where middleware
 * of the same recorder turns out to be nearer to the provider it takes the attempt over, so that it is one event either way.
 */
export class ModelAttempts {
  readonly #operation: Operation;
  #step: Step | undefined;
  #count = 0;
  /** Weak: a stream that nobody reads must be free to go. */
  #streaming: WeakRef<ModelCall> | undefined;
  #latest: WeakRef<Run> | undefined;

  constructor(operation: Operation) {
    this.#operation = operation;
  }

  /** An attempt is under way, as far as anybody knows. */
  get areOpen(): boolean {
    return this.#latest?.deref()?.isSettled === false;
  }

  /** A step begins, and attempts are counted anew; or the next attempt at the same one. */
  startStep(event: unknown): void {
    const number = member(event, "stepNumber");
    if (this.#step?.number !== number) this.#count = 0;
    const prompt = member(event, "promptMessages");
    this.#step = {
      number,
      prompt: Array.isArray(prompt) ? new WeakRef(prompt) : undefined,
      settings: {
        toolChoice: member(event, "stepToolChoice"),
        providerOptions: providerOptionsOf(event),
      },
    };
  }

  /** Makes the call, and gives what it gives. */
  async make<T>(event: unknown, execute: () => PromiseLike<T>): Promise<T> {
    const { recorder } = this.#operation;
    const offer = this.#start(event);
    if (recorder.isBlocking) await offer.run.admitted;
    const { run } = offer;
    const call = new ModelCall(run, recorder, undefined, (outcome, answer) => {
      this.#operation.modelEnded(run, outcome.kind === "fail" ? outcome : undefined);
      if (answer && this.#operation.mayExpectJson) keepStructuredAnswer(recorder, run, answer);
    });
    let result: T;
    try {
      result = await currentModelCall.run(offer, execute);
    } catch (error) {
      if (offer.taken) this.#operation.modelEnded(run, { error });
      else await call.failed(error);
      throw error;
    }
    if (offer.taken) {
      this.#operation.learnLabels(offer.taken);
      this.#operation.modelEnded(run);
      return result;
    }
    this.#reportLabels();
    const stream = member(result, "stream");
    if (stream === undefined) {
      await call.answered(result as Answer);
      return result;
    }
    this.#streaming = new WeakRef(call);
    return { ...result, stream: call.tap(stream as ReadableStream<unknown>) };
  }

  /** The operation was aborted: some versions tell its stream nothing of it. */
  aborted(): void {
    this.#streaming?.deref()?.end({ kind: "cancelled" });
  }

  #start(event: unknown): OfferedCall {
    const { recorder, current } = this.#operation;
    const prompt = this.#step?.prompt?.deref();
    this.#count += 1;
    const run = this.#startRun(event, prompt);
    this.#latest = new WeakRef(run);
    return { recorder, run, parent: current, prompt, attempt: this.#count, taken: undefined };
  }

  #startRun(event: unknown, promptMessages: unknown): Run {
    const { recorder, current, labels, isStream, version } = this.#operation;
    const messages = givenMessages({ ...(event as object), promptMessages });
    let reading: PromptReading | undefined;
    const prompt = (): PromptReading => {
      reading ??= readPrompt(messages);
      return reading;
    };
    keepUnexecutedCalls(messages, recorder, version);
    const settings = { ...(event as object), ...this.#step?.settings };
    return recorder.start({
      kind: "model",
      input: () => (messages ? prompt().input : NOT_SHOWN),
      metadata: () =>
        present({
          user: labels.metadata,
          provider: textMember(event, "provider"),
          requested_model: textMember(event, "modelId"),
          operation: isStream ? "stream" : "generate",
          prompt: messages && prompt().asides,
          ...callSettings(settings),
        }),
      parent: current,
      framework: "ai",
      frameworkVersion: version,
      modelId: textMember(event, "modelId"),
      correlationId: labels.correlationId,
      dataSubjects: labels.dataSubjects,
      answeredToolCallIds: answeredToolCallIds(messages),
      declaredTools: declaredTools(event),
      attempt: this.#count,
    });
  }

  /** Without the middleware nobody else says what is wrong with a caller's labels. */
  #reportLabels(): void {
    const { recorder, labelErrors } = this.#operation;
    for (const cause of labelErrors.splice(0)) recorder.reportTrouble({ code: cause.code, cause });
  }
}

/** What an attempt is told of its step. A reader may leave and nobody say so: it must hold no content. */
interface Step {
  readonly number: unknown;
  readonly prompt: WeakRef<object> | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Our own options are the caller's word to us, and no parameter of the model's. */
function providerOptionsOf(step: unknown): unknown {
  const options = member(step, "providerOptions");
  if (typeof options !== "object" || options === null) return undefined;
  const { complianceguard: _, ...others } = options as Readonly<Record<string, unknown>>;
  return Object.keys(others).length > 0 ? others : undefined;
}
