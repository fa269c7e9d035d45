import { ComplianceGuardError } from "../core/errors.ts";

/** The API key, or a function that fetches it, called for each request. */
export type ApiKey = string | (() => string | Promise<string>);

const MAX_LENGTH = 4096;

/**
 * What is wrong with an API key, or undefined: it has to be visible ASCII, since anything else does not survive as a
 * header, and a line end would let it become a header of its own. Never quotes the key.
 */
export function apiKeyTrouble(key: unknown): string | undefined {
  if (typeof key !== "string" || key === "") return "is empty: make one in the platform's settings";
  if (key.length > MAX_LENGTH)
    return `has ${key.length} characters, and more than ${MAX_LENGTH} fit in no header`;
  const position = key.search(/[^\x21-\x7e]/);
  if (position < 0) return undefined;
  return `has a space, a line end or a character outside ASCII at position ${position}: trim it, and see that it is the key itself`;
}

/**
 * The key for one request.
 * @throws {ComplianceGuardError} `key_unavailable` where the function fails or gives no usable key.
 */
export async function fetchApiKey(apiKey: ApiKey): Promise<string> {
  const key = typeof apiKey === "string" ? apiKey : await called(apiKey);
  const trouble = apiKeyTrouble(key);
  if (trouble) throw new ComplianceGuardError("key_unavailable", `What the apiKey function gave ${trouble}`);
  return key;
}

async function called(fetchKey: () => string | Promise<string>): Promise<string> {
  try {
    return await fetchKey();
  } catch (cause) {
    throw new ComplianceGuardError("key_unavailable", "The apiKey function failed: see cause", { cause });
  }
}
