import { newEventId } from "../core/uuid.ts";

/** A body under another id. */
export interface RenamedEvent {
  readonly eventId: string;
  readonly body: Uint8Array;
}

/**
 * The event under a new id, for a platform that has another body under the old one (409): `systemState.run.conflicts_with`
 * names the old id. The sealed payload is bound to the old id, so it stays behind and `payload_omitted` says `conflict`;
 * the references stay those of the whole content.
 * @param body UTF-8 of the JSON that `encodeEventBody` made.
 * @returns Undefined where it has been renamed before: a platform that refuses a fresh random id refuses all.
 */
export function renamedEvent(
  oldId: string,
  body: Uint8Array,
  eventId: string = newEventId(),
): RenamedEvent | undefined {
  const { payload, ...rest }: EventJson = JSON.parse(new TextDecoder().decode(body));
  if (rest.systemState?.run?.conflicts_with !== undefined) return undefined;
  const run = {
    ...rest.systemState?.run,
    conflicts_with: oldId,
    ...(payload && { payload_omitted: "conflict" }),
  };
  const renamed = {
    ...rest,
    eventId,
    ...(rest.idempotencyKey === undefined ? {} : { idempotencyKey: eventId }),
    systemState: { ...rest.systemState, run },
  };
  return { eventId, body: Buffer.from(JSON.stringify(renamed), "utf8") };
}

interface EventJson {
  readonly payload?: object | null;
  readonly idempotencyKey?: string | null;
  readonly systemState?: { readonly run?: { readonly conflicts_with?: string } } | null;
}
