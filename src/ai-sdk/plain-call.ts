import { present } from "../recorder/present.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run, RunEnd, RunKind } from "../recorder/run.ts";
import { captureReference } from "../recorder/total-capture.ts";
import { type AttemptedCall, Attempts } from "./attempts.ts";
import { fingerprint, frameworkVersion } from "./call-settings.ts";
import { currentToolRun } from "./current-tool-run.ts";
import { outcomeOfError } from "./outcome.ts";
import { callOptionsOf, callTieOf, startedCall } from "./remembered-calls.ts";
import { member, textMember } from "./unknown-shape.ts";

/** A call of a model that gives its whole result at once, as middleware of the framework sees it. */
export interface PlainCall<Result> {
  readonly kind: RunKind;
  /** What the metadata calls it: `embed`, `generate_image`. */
  readonly operation: string;
  readonly params: object;
  readonly model: object;
  /** The input component. Called at once. */
  readonly input: () => unknown;
  /** The parameters beside the content, each by its own name. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly call: () => PromiseLike<Result>;
  readonly endOf: (result: Result) => RunEnd;
}

/**
 * Makes the call and records it as one event. Its result and its errors pass unchanged, once the event is kept.
 * @throws {ComplianceGuardError} `record_not_kept` under a blocking failure policy: the call is then not made.
 */
export async function recordPlainCall<Result>(recorder: Recorder, plain: PlainCall<Result>): Promise<Result> {
  const { params, call, endOf } = plain;
  const { run, attempt } = startedCall(params, recorder, () => {
    const attempt = attempts.begin(attemptedCall(plain));
    return { attempt, run: start(recorder, plain, attempt.number) };
  });
  if (recorder.isBlocking) await run.admitted;
  let result: Result;
  try {
    result = await call();
  } catch (error) {
    const outcome = outcomeOfError(error, member(params, "abortSignal") as AbortSignal | undefined);
    if (outcome.kind === "fail") attempt.failed(run.inputReference);
    await (outcome.kind === "fail" ? run.fail(error) : run.cancel());
    throw error;
  }
  let end: RunEnd = {};
  try {
    end = endOf(result);
  } catch (cause) {
    recorder.reportTrouble({ code: "record_not_kept", eventId: run.eventId, cause });
  }
  await run.succeed(end);
  return result;
}

type CallToStart = Omit<PlainCall<unknown>, "call" | "endOf">;

/** Shared, since a failure is known by an object of its own caller's. */
const attempts = new Attempts();

function attemptedCall({ params, model, input }: CallToStart): AttemptedCall {
  return {
    prompt: undefined,
    tie: callTieOf(params),
    model: `${textMember(model, "provider")} ${textMember(model, "modelId")}`,
    keepsPrompt: false,
    inputReference: () => captureReference(input()).component.reference,
  };
}

function start(recorder: Recorder, plain: CallToStart, attempt: number | undefined): Run {
  const { kind, operation, params, model, input, settings } = plain;
  const { correlationId, dataSubjects, metadata } = callOptionsOf(params);
  const modelId = textMember(model, "modelId");
  const providerOptions = fingerprint(member(params, "providerOptions"));
  return recorder.start({
    kind,
    input,
    metadata: () =>
      present({
        user: metadata,
        provider: member(model, "provider"),
        requested_model: modelId,
        operation,
        parameters: present({ ...settings, provider_options_sha256: providerOptions }),
      }),
    parent: currentToolRun.getStore(),
    framework: "ai",
    frameworkVersion: frameworkVersion(params),
    modelId,
    correlationId,
    dataSubjects,
    attempt,
  });
}
