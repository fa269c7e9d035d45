import type { EventSink } from "../core/event-sink.ts";
import type { KeyMaterial, KeyProvider } from "../core/keys.ts";
import type { Clock } from "./clock.ts";
import type { OnFailure } from "./failure-policy.ts";
import type { RecordOption } from "./record-option.ts";
import type { RunDescription } from "./run.ts";
import type { Trouble } from "./trouble.ts";

/** Text, or a function of the run that gives it. */
export type TextOption = string | ((run: RunDescription) => string);

/** How a recorder describes and delivers what it records. */
export interface RecorderOptions {
  /** Where events go. */
  readonly sink: EventSink;
  /** The system the decisions belong to, as it is registered on the platform. */
  readonly systemId: TextOption;
  /** The system's version: what an auditor needs to find the code, prompts and models of the day. */
  readonly version: TextOption;
  /** `automated_decision`, `not_classified` or your own text. No default: who sets up a recorder says what its decisions are. */
  readonly decisionClassification: TextOption;
  /** The model where a run shows none. */
  readonly modelId?: string | undefined;
  /** Keys that seal the content. Without any, only references leave the process. */
  readonly keys?: KeyProvider | undefined;
  /** 32 bytes: reviewer ids, data subjects and thread ids go out as pseudonyms under it. Another size is refused as `invalid_payload_key`. */
  readonly pseudonymKey?: KeyMaterial | undefined;
  /** Which runs become events. */
  readonly record?: RecordOption | undefined;
  /** What happens to a call whose start record cannot be kept. @default "continue" */
  readonly onFailure?: OnFailure | undefined;
  /** A run without a sign of life for so long is given up. Milliseconds. @default 900000 (15 minutes) */
  readonly abandonAfterMs?: number | undefined;
  /** How long an awaited call waits for its event to be kept before it goes on regardless. Milliseconds. @default 10000 */
  readonly maxWaitMs?: number | undefined;
  /** Content larger than this goes as references only. Bytes. @default 1048576 */
  readonly maxContentBytes?: number | undefined;
  /** Names agents and chains in clear. Their run names are content unless you say otherwise. */
  readonly actorName?: ((run: RunDescription) => string | undefined) | undefined;
  /** Hears of the recorder's own trouble. Without it, a process warning once a code and minute. */
  readonly onError?: ((trouble: Trouble) => void) | undefined;
  /** Keeps a serverless function alive until what it is given is done. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /**
   * Events about the recorder itself (actor type `recorder`): `started` before its first event, `lost` after events that could
   * not be kept, `stopped` with its counts when it is closed. @default false; createRecorder turns it on where events go to a platform
   */
  readonly recorderEvents?: boolean | undefined;
  /** @default the system's clocks */
  readonly clock?: Clock | undefined;
  /** Makes event ids. @default UUIDv7 */
  readonly newId?: (() => string) | undefined;
}
