/**
 * What an error says of the provider's call, in a word that holds no content: the HTTP status as text where the error
 * carries one (an integer from 400 to 599 as `status` or `statusCode`: a 200 on an error is none), else `error:` and the
 * error's type, which is its `name` where that is an identifier of at most 64 characters, else `Error`. Reads anything
 * that can be thrown and never throws itself. The Python client's call traces say the same.
 */
export function providerStatus(thrown: unknown): string {
  const status = [readField(thrown, "status"), readField(thrown, "statusCode")].find(isErrorStatus);
  if (status !== undefined) return String(status);
  const name = readField(thrown, "name");
  return `error:${typeof name === "string" && /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : "Error"}`;
}

/**
 * The message of whatever was thrown: its `message`, or itself where text or another primitive was thrown; empty where there
 * is none. It may hold content. Never throws.
 */
export function errorMessage(thrown: unknown): string {
  if (typeof thrown === "object" || typeof thrown === "function") {
    const message = readField(thrown, "message");
    return typeof message === "string" ? message : "";
  }
  return thrown === undefined ? "" : String(thrown);
}

function isErrorStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 400 && value <= 599;
}

/** A property of anything; where there is none to read, or a getter or a proxy throws, it counts as missing. */
function readField(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
