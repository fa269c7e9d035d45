import { troubleReporter } from "../recorder/trouble.ts";
import { type ApprovalReviewer, requireReviewer } from "./approvals.ts";
import { CallRecord } from "./call-record.ts";
import { OpenCalls } from "./open-calls.ts";
import {
  conflictAmongRegistered,
  conflictWithRegistered,
  markTelemetry,
  recorderOf,
  requireTelemetryRecorder,
  type TelemetryRecorder,
} from "./telemetry-recorder.ts";
import { textMember } from "./unknown-shape.ts";

/** The options of {@link complianceGuardTelemetry}. */
export interface TelemetryOptions {
  readonly recorder: TelemetryRecorder;
  /**
   * Who answers requests for approval, as your application's own login says; a function is asked where the answer arrives.
   * @default nobody: decisions are recorded as `unattributed`
   */
  readonly reviewer?: ApprovalReviewer | undefined;
}

/** What the framework calls, in the shape it takes them: its events have other types in each version. */
export interface ComplianceGuardTelemetry {
  onStart(event: unknown): Promise<void>;
  onStepStart(event: unknown): Promise<void>;
  onStepEnd(event: unknown): Promise<void>;
  onToolExecutionStart(event: unknown): Promise<void>;
  onToolExecutionEnd(event: unknown): Promise<void>;
  onEnd(event: unknown): Promise<void>;
  onAbort(event: unknown): Promise<void>;
  onError(event: unknown): Promise<void>;
  executeLanguageModelCall<T>(options: ExecuteOptions<T>): Promise<T>;
  executeTool<T>(options: ExecuteOptions<T>): Promise<T>;
}

/** Work that the framework lets a telemetry do. */
export interface ExecuteOptions<T> {
  readonly callId: string;
  readonly execute: () => PromiseLike<T>;
}

/**
 * Telemetry for `registerTelemetry` of ai 7, or for one call (`telemetry: { integrations }`): records tools, the runs of agents, model
 * calls that no middleware of ours sees (a string id, another model from `prepareStep`), the numbers of attempts, and approvals.
 * Together with {@link complianceGuardMiddleware} and {@link recordTools} each attempt and each tool run is still one event.
 *
 * It replaces neither: callers can switch telemetry off (`isEnabled: false`), put another in its place (`integrations`) or hide
 * content from it (`recordInputs: false`), and `generateObject` does not show it its model calls. What is hidden is never hashed:
 * the event says `payload_omitted: "not_shown"`.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder, for a reviewer that is no id, or where another is registered
 * already and nothing tells which calls are whose. Where two such are registered at one go, the first call is refused instead. Under
 * `onFailure: "block"` a model or tool whose start record could not be kept is not called.
 * @example
 * registerTelemetry(complianceGuardTelemetry({ recorder, reviewer: () => currentSession()?.userId }));
 * @example
 * registerTelemetry(complianceGuardTelemetry({ recorder: () => tenant.getStore()?.recorder }));
 */
export function complianceGuardTelemetry(options: TelemetryOptions): ComplianceGuardTelemetry {
  const recorder = requireTelemetryRecorder(options?.recorder);
  const { reviewer } = options;
  requireReviewer("complianceGuardTelemetry", reviewer);
  const conflict = conflictWithRegistered(recorder);
  if (conflict) throw conflict;
  const calls = new OpenCalls();
  // Where no recorder is picked there is none to tell of it.
  const report = troubleReporter(undefined, Date.now);

  /** Tells the call's record of an event. The framework swallows what a telemetry throws, so trouble is told to the recorder. */
  const tell = async (event: unknown, about: (record: CallRecord) => unknown): Promise<void> => {
    const callId = textMember(event, "callId") ?? "";
    const record = calls.of(callId);
    if (!record) return;
    try {
      await about(record);
    } catch (cause) {
      record.recorder.reportTrouble({ code: "record_not_kept", cause });
    }
    calls.closeIfOver(callId);
  };
  const recordOf = (callId: string): CallRecord | undefined => {
    const record = calls.of(callId);
    const ambiguity = record ? undefined : conflictAmongRegistered(recorder, telemetry);
    if (ambiguity) throw ambiguity;
    return record;
  };

  const telemetry: ComplianceGuardTelemetry = {
    async onStart(event) {
      const callId = textMember(event, "callId");
      const picked =
        isConversation(event) &&
        callId !== undefined &&
        !conflictAmongRegistered(recorder, telemetry) &&
        recorderOf(recorder, event, callId, report);
      if (!picked) return;
      calls.open(callId, picked, () => new CallRecord(picked, event, reviewer));
      await tell(event, (record) => record.started());
    },
    onStepStart: (event) => tell(event, (record) => record.stepStarted(event)),
    onStepEnd: (event) => tell(event, (record) => record.stepEnded(event)),
    onToolExecutionStart: (event) => tell(event, ({ tools }) => tools.started(event)),
    onToolExecutionEnd: (event) => tell(event, ({ tools }) => tools.ended(event)),
    onEnd: (event) => tell(event, (record) => record.ended(event)),
    onAbort: (event) => tell(event, (record) => record.aborted(event)),
    onError: (event) => tell(event, (record) => record.failed(event)),
    async executeLanguageModelCall({ execute, ...event }) {
      const record = recordOf(event.callId);
      return await (record ? record.attempts.make(event, execute) : execute());
    },
    async executeTool({ execute, ...event }) {
      const record = recordOf(event.callId);
      return await (record ? record.tools.execute(event, execute) : execute());
    },
  };
  return markTelemetry(telemetry, recorder);
}

/** Embeddings, speech and the like come this way too, without showing the calls at their models. */
function isConversation(event: unknown): boolean {
  return /^ai\.(?:generate|stream)(?:Text|Object)$/.test(textMember(event, "operationId") ?? "");
}
