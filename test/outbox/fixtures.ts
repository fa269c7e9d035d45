import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { OutgoingEvent } from "../../src/core/event-sink.ts";
import type { PlainTrouble } from "../../src/outbox/messages.ts";
import { type Outbox, openOutbox } from "../../src/outbox/outbox.ts";
import type { OutboxOptions } from "../../src/outbox/outbox-options.ts";
import { API_KEY, eventFields } from "../server/test-platform.ts";

/** An event as a recorder hands it over. */
export function outgoing(fields: object = {}): OutgoingEvent & { readonly text: string } {
  const event = eventFields({ eventId: randomUUID(), ...fields });
  const text = JSON.stringify(event);
  return { eventId: event.eventId, body: Buffer.from(text), text };
}

/** An outbox that is closed with the test, and the trouble it told of. */
export function testOutbox(
  options: Partial<OutboxOptions> & { readonly directory: string; readonly baseUrl: string },
): Outbox & { readonly troubles: PlainTrouble[] } {
  const troubles: PlainTrouble[] = [];
  const outbox = openOutbox({ apiKey: API_KEY, onTrouble: (trouble) => troubles.push(trouble), ...options });
  onTestFinished(async () => {
    await outbox.close({ timeoutMs: 0 });
  });
  return Object.assign(outbox, { troubles });
}

/** Resolves once `condition` holds, looking after each turn of the event loop. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await turn();
}
