/** What a {@link ComplianceGuardError} is about. The list is closed: a new kind of failure gets a new code here. */
export type ErrorCode =
  | "invalid_option"
  | "invalid_argument"
  | "not_canonicalizable"
  | "invalid_json"
  | "invalid_payload_key"
  | "incomplete_envelope"
  | "aad_mismatch"
  | "decryption_failed"
  | "reference_mismatch"
  | "unknown_system_id"
  | "api_error"
  | "network_error"
  | "timeout"
  | "aborted"
  | "invalid_answer"
  | "record_not_kept"
  | "outbox_full"
  | "outbox_unusable"
  | "outbox_damaged"
  | "delivery_direct"
  | "delivery_paused"
  | "delivery_refused"
  | "key_unavailable"
  | "key_erased"
  | "review_rejected"
  | "review_not_bound"
  | "review_failed"
  | "no_terminal"
  | "invalid_entry"
  | "server_error";

const marker: unique symbol = Symbol.for("complianceguard.error") as never;

/**
 * Every error this package throws. `code` says what happened, the message what to do about it; neither ever holds
 * a key, a header or recorded content.
 */
export class ComplianceGuardError extends Error {
  override readonly name: string = "ComplianceGuardError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }
}

/**
 * Tells whether `error` comes from this package, also from another loaded copy of it, where `instanceof` fails.
 */
export function isComplianceGuardError(error: unknown): error is ComplianceGuardError {
  return typeof error === "object" && error !== null && marker in error;
}

/** Nobody holds the key `keyId` any more: the payload is erased, which is not tampering. References and chain still verify. */
export class KeyErasedError extends ComplianceGuardError {
  override readonly name = "KeyErasedError";
  readonly keyId: string;

  constructor(keyId: string) {
    super(
      "key_erased",
      `no key "${keyId}": it was erased, or is kept by another provider; the event's references can still be checked`,
    );
    this.keyId = keyId;
  }
}

/** The outbox has no room for an event: nothing that waits was discarded for it. Free the disk, or raise `maxBytes`. */
export class OutboxFullError extends ComplianceGuardError {
  override readonly name = "OutboxFullError";

  constructor(message: string, options?: ErrorOptions) {
    super("outbox_full", message, options);
  }
}

/** What a value is that canonical JSON refuses. */
export type RefusedKind =
  | "not_finite"
  | "lone_surrogate"
  | "undefined"
  | "function"
  | "symbol"
  | "bytes"
  | "map"
  | "set"
  | "weak"
  | "promise"
  | "regexp"
  | "error"
  | "blob"
  | "cycle"
  | "too_deep"
  | "long_integer";

/** A value holds what JSON cannot hold faithfully: `path` says where, `kind` what. */
export class CanonicalizationError extends ComplianceGuardError {
  override readonly name = "CanonicalizationError";
  /** E.g. `$.messages[3].score`; a key that is no plain identifier shows as `[key 3]`, a long path is cut in the middle. */
  readonly path: string;
  readonly kind: RefusedKind;

  constructor(path: string, kind: RefusedKind, message: string) {
    super("not_canonicalizable", message);
    this.path = path;
    this.kind = kind;
  }
}

/** A text is not JSON: at `position`, an index into the text counted from 0, something else should stand. */
export class InvalidJsonError extends ComplianceGuardError {
  override readonly name = "InvalidJsonError";
  readonly position: number;

  constructor(position: number, message: string) {
    super("invalid_json", message);
    this.position = position;
  }
}

/** The platform answered with an error: `status` is the HTTP status, `problem` its code, `body` its text (at most 2,000 characters). */
export class ApiError extends ComplianceGuardError {
  override readonly name: string = "ApiError";
  readonly status: number;
  readonly body: string;
  /** The `code` of the problem JSON, where there was one. */
  readonly problem: string | undefined;
  /** `Retry-After` in milliseconds, where the platform gave one. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    body: string,
    details: {
      code?: ErrorCode;
      message?: string;
      problem?: string | undefined;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(
      details.code ?? "api_error",
      details.message ??
        `ComplianceGuard API error ${status}${details.problem ? ` (${details.problem})` : ""}`,
    );
    this.status = status;
    this.body = body;
    this.problem = details.problem;
    this.retryAfterMs = details.retryAfterMs;
  }
}

const REGISTRATION_URL = "https://dashboard.complianceguardai.eu/systems";

/** The platform does not know the system an event names: register it at `registrationUrl`, or as the
 * message says where the platform is an embedded one, then send the event again. */
export class UnknownSystemError extends ApiError {
  override readonly name = "UnknownSystemError";
  readonly systemId: string | undefined;
  readonly registrationUrl: string = REGISTRATION_URL;

  constructor(status: number, body: string, systemId: string | undefined) {
    super(status, body, {
      code: "unknown_system_id",
      problem: "unknown_system_id",
      message: `Register system ${systemId ? `'${systemId}'` : "for this workspace"} at ${REGISTRATION_URL} or, on an embedded platform, with "complianceguard system add NAME" before sending events`,
    });
    this.systemId = systemId;
  }
}
