/**
 * One event with all that checks it offline: a line of an export, an item of the server's chain. `salt` and `body`
 * are null together once they were erased; the other members never are.
 */
export interface ChainLink {
  readonly sequenceNumber: number;
  readonly eventId: string;
  readonly systemId: string;
  readonly correlationId: string | null;
  /** When the event occurred, in UTC with nine digits of a second: what the server's time filters compare. */
  readonly occurredAt: string;
  /** The entry's text, see `encodeEntry`. */
  readonly entry: string;
  /** Lower-case hex of the entry's hash. */
  readonly eventHash: string;
  /** 64 lower-case hex digits. */
  readonly salt: string | null;
  /** The request body, character for character as it was received. */
  readonly body: string | null;
}

/** Reads one link, or gives undefined where `value` is not exactly one: a member missing, mistyped or too many. */
export function readChainLink(value: unknown): ChainLink | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const members = value as Record<string, unknown>;
  const names = Object.keys(memberChecks);
  if (Object.keys(members).length !== names.length) return undefined;
  for (const [name, isValid] of Object.entries(memberChecks)) {
    if (!Object.hasOwn(members, name) || !isValid(members[name])) return undefined;
  }
  if ((members["salt"] === null) !== (members["body"] === null)) return undefined;
  return members as unknown as ChainLink;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

const memberChecks: Readonly<Record<keyof ChainLink, (value: unknown) => boolean>> = {
  sequenceNumber: (value) => Number.isSafeInteger(value),
  eventId: isText,
  systemId: isText,
  correlationId: isTextOrNull,
  occurredAt: isText,
  entry: isText,
  eventHash: isText,
  salt: (value) => value === null || (isText(value) && /^[0-9a-f]{64}$/.test(value as string)),
  body: isTextOrNull,
};
