import { present } from "../recorder/present.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { RefinedRun, Run } from "../recorder/run.ts";
import { captureReference } from "../recorder/total-capture.ts";
import type { Answer } from "./answer.ts";
import { type AttemptedCall, Attempts } from "./attempts.ts";
import { callSettings, declaredTools, frameworkVersion } from "./call-settings.ts";
import { type OfferedCall, offeredCall } from "./current-model-call.ts";
import { currentToolRun } from "./current-tool-run.ts";
import type { LanguageModelMiddleware } from "./language-model-middleware.ts";
import { ModelCall } from "./model-call.ts";
import { answeredToolCallIds, type PromptReading, readPrompt } from "./prompt.ts";
import { type RecorderOption, requireRecorder } from "./recorder-option.ts";
import { callOptionsOf, callTieOf, rememberCall, startedCall } from "./remembered-calls.ts";
import { expectsJson, keepStructuredAnswer } from "./structured-answers.ts";
import { keepUnexecutedCalls } from "./unexecuted-calls.ts";
import { member, textMember } from "./unknown-shape.ts";

/** What is read of a call's parameters, in every version of the specification. */
interface CallParams {
  readonly prompt?: unknown;
  readonly abortSignal?: AbortSignal | undefined;
}

type Operation = "generate" | "stream";

/** What the framework hands to the hooks around a call. */
interface Call {
  readonly doGenerate: () => PromiseLike<Answer>;
  readonly doStream: () => PromiseLike<{ readonly stream: ReadableStream<unknown> }>;
  readonly params: CallParams;
  readonly model: unknown;
}

/**
 * Middleware that records every attempt at a language model as one event, plain or streamed, for `wrapLanguageModel`,
 * `wrapProvider` and registries of ai 5, 6 and 7. The last in the array stands nearest to the provider: put it there.
 *
 * A plain call returns when its event is kept; a stream is never delayed, its event goes to `waitUntil` and `flush()`. What a
 * caller gives as `providerOptions.complianceguard` ({@link ComplianceGuardCallOptions}) is taken off before the provider sees it.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder. Under `onFailure: "block"` a call whose start
 * record could not be kept rejects with `record_not_kept` and is not made.
 */
export function complianceGuardMiddleware(options: RecorderOption): LanguageModelMiddleware {
  const recorder = requireRecorder("complianceGuardMiddleware", options);
  const attempts = new Attempts();
  const begin = async (call: Call, operation: Operation): Promise<ModelCall> => {
    const { params } = call;
    const { run, attempt } = startedCall(params, recorder, () => {
      const attempt = attempts.begin(attemptedCall(call, operation));
      return { attempt, run: startRun(recorder, call, operation, attempt.number) };
    });
    if (recorder.isBlocking) await run.admitted;
    return new ModelCall(run, recorder, params.abortSignal, ({ kind }, answer) => {
      if (kind === "fail") attempt.failed(run.inputReference);
      if (answer && expectsJson(params)) keepStructuredAnswer(recorder, run, answer);
    });
  };
  const middleware = {
    // Each version of the framework reads the mark it knows, and none looks at its value.
    specificationVersion: "v4",
    middlewareVersion: "v2",

    async transformParams({ params }: { readonly params: CallParams }): Promise<CallParams> {
      return rememberCall(params, (cause) => recorder.reportTrouble({ code: cause.code, cause }));
    },

    async wrapGenerate(call: Call): Promise<Answer> {
      const modelCall = await begin(call, "generate");
      const answer = await resultOf(call.doGenerate, modelCall);
      await modelCall.answered(answer);
      return answer;
    },

    async wrapStream(call: Call): Promise<{ readonly stream: ReadableStream<unknown> }> {
      const modelCall = await begin(call, "stream");
      const result = await resultOf(call.doStream, modelCall);
      if (typeof result !== "object" || result === null) {
        // What is no answer is handed on as it is.
        modelCall.tap(result);
        return result;
      }
      return { ...result, stream: modelCall.tap(result.stream) };
    },
  };
  return middleware as unknown as LanguageModelMiddleware;
}

/** What the provider gives; an error passes unchanged once it is recorded. */
async function resultOf<T>(call: () => PromiseLike<T>, modelCall: ModelCall): Promise<T> {
  try {
    return await call();
  } catch (error) {
    await modelCall.failed(error);
    throw error;
  }
}

function attemptedCall({ params, model }: Call, operation: Operation): AttemptedCall {
  return {
    prompt: params.prompt,
    tie: callTieOf(params),
    model: `${textMember(model, "provider")} ${textMember(model, "modelId")}`,
    // Which of the streams do, nothing shows.
    keepsPrompt: operation === "generate",
    inputReference: () => captureReference(readPrompt(params.prompt).input).component.reference,
  };
}

function startRun(
  recorder: Recorder,
  { params, model }: Call,
  operation: Operation,
  attempt: number | undefined,
): Run {
  const { correlationId, dataSubjects, metadata } = callOptionsOf(params);
  const modelId = textMember(model, "modelId");
  let reading: PromptReading | undefined;
  const prompt = (): PromptReading => {
    reading ??= readPrompt(params.prompt);
    return reading;
  };
  const version = frameworkVersion(params);
  keepUnexecutedCalls(params.prompt, recorder, version);
  const offer = offeredCall(recorder);
  const run = recorder.start({
    kind: "model",
    input: () => prompt().input,
    metadata: () =>
      present({
        user: metadata,
        provider: member(model, "provider"),
        requested_model: modelId,
        operation,
        prompt: prompt().asides,
        ...callSettings(params),
      }),
    parent: offer?.parent ?? currentToolRun.getStore(),
    refines: refined(offer, params.prompt),
    framework: "ai",
    frameworkVersion: version,
    modelId,
    correlationId,
    dataSubjects,
    answeredToolCallIds: answeredToolCallIds(params.prompt),
    declaredTools: declaredTools(params),
    attempt: offer?.taken ? attempt : (offer?.attempt ?? attempt),
  });
  if (offer?.run === run) offer.taken ??= { correlationId, dataSubjects };
  return run;
}

/** The attempt that the telemetry has started is this one, unless another call in there was it. */
function refined(offer: OfferedCall | undefined, prompt: unknown): RefinedRun | undefined {
  if (!offer || offer.taken) return undefined;
  return { run: offer.run, keepsInput: prompt !== undefined && offer.prompt === prompt };
}
