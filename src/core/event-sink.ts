/** One event on its way out: the final bytes of the body of POST /v1/events, and what delivery must know of them. */
export interface OutgoingEvent {
  readonly eventId: string;
  /** UTF-8 of the JSON body: references and ciphertext, never plaintext. */
  readonly body: Uint8Array;
  /** True where the id is derived from the fact it records: a 409 then means "already recorded". */
  readonly hasDerivedId?: boolean | undefined;
}

/** Where events stand: `waiting` are not yet acknowledged, `deadLetters` were refused for good and are kept. */
export interface DeliveryStatus {
  readonly delivered: number;
  readonly waiting: number;
  readonly deadLetters: number;
  /** Why delivery has stopped for now, e.g. `unauthorized`. */
  readonly paused?: string | undefined;
}

/**
 * The port between the recorder and delivery. The recorder knows nothing of HTTP or disk; a sink knows nothing of runs.
 */
export interface EventSink {
  /**
   * Keeps a start record: the complete body to send if nothing more is heard of `start.eventId`. Resolves when it is
   * durable. A sink without this method keeps no start records, and the recorder then makes none.
   */
  begin?(start: OutgoingEvent): Promise<void>;
  /** Takes the event. Resolves when it is kept: on disk, or acknowledged by the platform. */
  submit(event: OutgoingEvent): Promise<void>;
  /** Forgets a start record whose run turned out not to be recorded. */
  discard?(eventId: string): Promise<void>;
  /** Fails early where the sink can tell that nothing will be accepted (a wrong key, an unusable directory). */
  ready?(): Promise<void>;
  /** Waits until nothing waits or `timeoutMs` has passed, and says what is left. */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<DeliveryStatus>;
  /** Like flush, then releases what the sink holds. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<DeliveryStatus>;
}
