import { ComplianceGuardError } from "../core/errors.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Trouble } from "../recorder/trouble.ts";
import { member, textMember } from "./unknown-shape.ts";

/** One call of the framework, as the function that picks its recorder is told. */
export interface TelemetryCall {
  readonly callId: string;
  /** E.g. `ai.generateText`. */
  readonly operationId: string | undefined;
  /** What the caller named the call, in `telemetry: { functionId }`. */
  readonly functionId: string | undefined;
  readonly provider: string | undefined;
  readonly modelId: string | undefined;
  /** The members that the caller lets telemetry see, with `telemetry: { includeRuntimeContext: { tenant: true } }`. */
  readonly runtimeContext: Readonly<Record<string, unknown>>;
}

/**
 * One recorder for the whole process, or a function that picks one for each call: it runs where the call is made, so that an
 * `AsyncLocalStorage` of yours knows the tenant there. Where it gives none the call is not recorded.
 */
export type TelemetryRecorder = Recorder | ((call: TelemetryCall) => Recorder | undefined);

/** On each telemetry of ours, also of other loaded copies: its one recorder, or that it picks. */
const mark: unique symbol = Symbol.for("complianceguard.telemetry") as never;

/**
 * @throws {ComplianceGuardError} `invalid_option` where it is neither a recorder nor a function.
 */
export function requireTelemetryRecorder(recorder: unknown): TelemetryRecorder {
  if (typeof recorder === "function") return recorder as TelemetryRecorder;
  if (typeof member(recorder, "start") === "function") return recorder as Recorder;
  throw new ComplianceGuardError(
    "invalid_option",
    "complianceGuardTelemetry needs { recorder }: the one that createRecorder(…) returned, or a function that picks one for a call",
  );
}

/** The recorder of a call. Without one the call is not recorded: a function that throws or gives something else is told of. */
export function recorderOf(
  recorder: TelemetryRecorder,
  event: unknown,
  callId: string,
  report: (trouble: Trouble) => void,
): Recorder | undefined {
  if (typeof recorder !== "function") return recorder;
  try {
    const picked: unknown = recorder({
      callId,
      operationId: textMember(event, "operationId"),
      functionId: textMember(event, "functionId"),
      provider: textMember(event, "provider"),
      modelId: textMember(event, "modelId"),
      runtimeContext: { ...(member(event, "runtimeContext") as object | undefined) },
    });
    if (picked === undefined || picked === null) return undefined;
    if (typeof member(picked, "start") === "function") return picked as Recorder;
    throw new ComplianceGuardError(
      "invalid_option",
      "complianceGuardTelemetry: the function of recorder must give a recorder, or undefined to leave a call out; the call is not recorded",
    );
  } catch (cause) {
    report({ code: "invalid_option", cause });
    return undefined;
  }
}

/** Makes the telemetry findable for the next that is made. */
export function markTelemetry<T extends object>(telemetry: T, recorder: TelemetryRecorder): T {
  return Object.defineProperty(telemetry, mark, { value: recorder });
}

/** The error of a telemetry that is made while another is registered from which it cannot tell its calls. */
export function conflictWithRegistered(recorder: TelemetryRecorder): ComplianceGuardError | undefined {
  return conflict(recorder, registered());
}

/** The same for one that is registered itself, with the others. */
export function conflictAmongRegistered(
  recorder: TelemetryRecorder,
  telemetry: object,
): ComplianceGuardError | undefined {
  const all = registered();
  return all.length > 1 && all.includes(telemetry) ? conflict(recorder, all) : undefined;
}

function registered(): readonly unknown[] {
  return boundedList(member(globalThis, "AI_SDK_TELEMETRY_INTEGRATIONS"));
}

/** Of two only functions can both know which calls are theirs; the same recorder records each call once anyway. */
function conflict(recorder: TelemetryRecorder, among: readonly unknown[]): ComplianceGuardError | undefined {
  const isForeign = (other: unknown): boolean =>
    other !== undefined &&
    other !== recorder &&
    !(typeof other === "function" && typeof recorder === "function");
  if (!among.some((telemetry) => isForeign(member(telemetry, mark)))) return undefined;
  return new ComplianceGuardError(
    "invalid_option",
    "complianceGuardTelemetry is registered for another recorder: both would record every call. Register it once, with a function " +
      "that picks the recorder of a call ({ recorder: (call) => … }); where a hot reload makes the recorder anew, keep it on globalThis",
  );
}
