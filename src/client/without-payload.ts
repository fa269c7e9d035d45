/**
 * The body of an event without its sealed payload, for a platform that finds it too large (413). The references stay those
 * of the whole content, and `systemState.run.payload_omitted` says `too_large`. Undefined where there is no payload to
 * leave out.
 * @param body UTF-8 of the JSON that `encodeEventBody` made.
 */
export function withoutPayload(body: Uint8Array): Uint8Array | undefined {
  const { payload, ...rest }: EventJson = JSON.parse(new TextDecoder().decode(body));
  if (!payload) return undefined;
  const run = { ...rest.systemState?.run, payload_omitted: "too_large" };
  return Buffer.from(JSON.stringify({ ...rest, systemState: { ...rest.systemState, run } }), "utf8");
}

interface EventJson {
  readonly payload?: object;
  readonly systemState?: { readonly run?: object };
}
