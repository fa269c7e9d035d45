import { ComplianceGuardError } from "../core/errors.ts";
import type { OutgoingEvent } from "../core/event-sink.ts";
import type { ComplianceGuardClient } from "./client.ts";
import { isRetryable, retryAfterOf, retryDelay, statusOf } from "./retry.ts";
import type { Timing } from "./timing.ts";
import { withoutPayload } from "./without-payload.ts";

/** What one delivery needs beside its event. */
export interface DirectDelivery {
  readonly client: Pick<ComplianceGuardClient, "postEventBody">;
  readonly timing: Timing;
  /** By the timing's clock: no try begins after it. */
  readonly giveUpAtMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * Sends one event until the platform acknowledges it, refuses it for good, or the time is up. After 413 it goes once more
 * without its payload; after 409 an event with a derived id is recorded already.
 * @throws {ComplianceGuardError} The last try's error, or `record_not_kept` where there was no time for any.
 */
export async function deliverDirectly(
  event: OutgoingEvent,
  { client, timing, giveUpAtMs, signal }: DirectDelivery,
): Promise<void> {
  if (timing.clock() > giveUpAtMs) {
    throw new ComplianceGuardError(
      "record_not_kept",
      `No time was left to send event ${event.eventId}: the platform is slower than events come`,
    );
  }
  let { body } = event;
  for (let attempt = 0; ; attempt++) {
    try {
      await client.postEventBody(body, { eventId: event.eventId, signal });
      return;
    } catch (error) {
      if (statusOf(error) === 409 && event.hasDerivedId) return;
      const smaller = statusOf(error) === 413 ? withoutPayload(body) : undefined;
      if (smaller) {
        body = smaller;
        continue;
      }
      if (!isRetryable(error)) throw error;
      const delayMs = retryDelay(attempt, timing.random, retryAfterOf(error));
      if (timing.clock() + delayMs > giveUpAtMs) throw error;
      await timing.wait(delayMs, signal);
    }
  }
}
