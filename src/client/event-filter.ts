/** Which stored events to list; all of them by default. */
export interface EventFilter {
  /** Begin after this place, as an earlier listing ended: the platform's cursor, a sequence number for the embedded one. */
  readonly after?: string | number | undefined;
  /** Events a page. @default the platform's */
  readonly limit?: number | undefined;
  readonly systemId?: string | undefined;
  readonly correlationId?: string | undefined;
  /** RFC 3339: the earliest `occurredAtUtc`. */
  readonly from?: string | undefined;
  /** RFC 3339: the end of the time asked for. */
  readonly to?: string | undefined;
}

/** The path of the page of stored events that begins after `after`. */
export function pathOfPage(filter: EventFilter, after: string | undefined): string {
  const { limit, systemId, correlationId, from, to } = filter;
  const given = Object.entries({ after, limit, systemId, correlationId, from, to }).flatMap(
    ([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]),
  );
  return given.length === 0 ? "/v1/events" : `/v1/events?${new URLSearchParams(given)}`;
}
