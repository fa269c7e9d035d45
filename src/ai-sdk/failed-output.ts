import { hashedErrorMessage } from "../core/error-message.ts";
import { isComplianceGuardError } from "../core/errors.ts";
import { isNotShown } from "../recorder/not-shown.ts";
import { present } from "../recorder/present.ts";
import { errorMessage, providerStatus } from "../recorder/provider-status.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { textMember } from "./unknown-shape.ts";

/** The decision whose answer could not be used. */
export interface FailedOutput {
  readonly recorder: Recorder;
  readonly correlationId: string;
  readonly modelId?: string | undefined;
  /** The event of the decision. */
  readonly amends: string | undefined;
  readonly frameworkVersion?: string | undefined;
}

/**
 * Records that an answer was none of the kind that was asked for (it fails the schema, it is no JSON), although the call at the
 * model went well: a second fact about the same decision and no second call. Its input is the text that failed.
 */
export async function recordFailedOutput(error: unknown, decision: FailedOutput): Promise<void> {
  const { recorder, correlationId, modelId, amends, frameworkVersion } = decision;
  try {
    await recorder.inTime(
      recorder.record({
        actor: { type: "chain" },
        correlationId,
        input: present({ value: textMember(error, "text") }),
        metadata: present({ finish_reason: textMember(error, "finishReason") }),
        modelId,
        systemState: {
          performance: present({
            provider_status: providerStatus(error),
            provider_error_message: isNotShown(error) ? undefined : hashedErrorMessage(errorMessage(error)),
          }),
          run: present({ kind: "step", framework: "ai", framework_version: frameworkVersion, amends }),
        },
      }),
    );
  } catch (cause) {
    recorder.reportTrouble({ code: isComplianceGuardError(cause) ? cause.code : "record_not_kept", cause });
  }
}
