/** A number token of a JSON text kept as it stands (ECMAScript's `JSON.rawJSON`), for what a JavaScript number would lose. */
export function rawJson(token: string): object {
  return native.rawJSON(token);
}

/** The JSON text that a `JSON.rawJSON` value stands for: of a number, string, boolean or null. Undefined for any other value. */
export function rawJsonText(value: unknown): string | undefined {
  return native.isRawJSON(value) ? value.rawJSON : undefined;
}

// TypeScript's libraries do not know these yet; every Node that we support does.
const native = JSON as unknown as {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};
