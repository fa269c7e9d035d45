export type { IngestResult } from "./client/answers.ts";
export { type CallOptions, ComplianceGuardClient } from "./client/client.ts";
export type { ClientOptions } from "./client/client-options.ts";
export { directSink } from "./client/direct-sink.ts";
export type { EventFilter } from "./client/event-filter.ts";
export type { FetchFunction } from "./client/fetch-transport.ts";
export type { FetchedEvent } from "./client/fetched-event.ts";
export type { NewEvent, NewOverride } from "./client/new-event.ts";
export { canonicalJson } from "./core/canonical-json.ts";
export { canonicalJsonFromText } from "./core/canonical-text.ts";
export { type DecryptedPayload, decryptEvent, openEvent } from "./core/decrypt-event.ts";
export { reference, sha256Hex } from "./core/digest.ts";
export {
  ApiError,
  CanonicalizationError,
  ComplianceGuardError,
  type ErrorCode,
  InvalidJsonError,
  isComplianceGuardError,
  KeyErasedError,
  OutboxFullError,
  UnknownSystemError,
} from "./core/errors.ts";
export type { Actor, EventBody, EventContent, EventFields, JsonObject } from "./core/event.ts";
export type { DeliveryStatus, EventSink, OutgoingEvent } from "./core/event-sink.ts";
export { fixedKey, generateKey, type KeyMaterial, type KeyProvider, type ProvidedKey } from "./core/keys.ts";
export type { StoredEvent } from "./core/stored-event.ts";
export { type FieldDifference, type VerifiedEvent, verifyEvent } from "./core/verify-event.ts";
export { type CreateRecorderOptions, createRecorder, type OutboxOption } from "./create-recorder.ts";
export type { DeadLetter } from "./outbox/messages.ts";
export { type Outbox, openOutbox } from "./outbox/outbox.ts";
export type { OutboxOptions } from "./outbox/outbox-options.ts";
export type { OutboxStatus } from "./outbox/outbox-status.ts";
export { type CallTrace, type CallTraceOptions, traceCall } from "./recorder/call-trace.ts";
export { type MemorySink, memorySink } from "./recorder/memory-sink.ts";
export {
  NeutralConversation,
  type NeutralMessage,
  type NeutralPart,
  type Piece,
  toolInput,
  toolOutput,
} from "./recorder/neutral-form.ts";
export type { RecordFields, RecordOption } from "./recorder/record-option.ts";
export type { OverrideFact, RecordedFact } from "./recorder/recorded-fact.ts";
export type { Recorder } from "./recorder/recorder.ts";
export type { RecorderOptions } from "./recorder/recorder-options.ts";
export type { Run, RunDescription, RunEnd, RunKind, RunStart } from "./recorder/run.ts";
export type { Trouble } from "./recorder/trouble.ts";
