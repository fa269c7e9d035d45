import { sha256Hex } from "./digest.ts";

/** How many code points of an error's message are recorded. */
const MAX_CODE_POINTS = 500;

/** `provider_error_message` as it is sent: SHA-256 in hex of the first 500 code points of the message, in UTF-8. */
export function hashedErrorMessage(message: string): string {
  return sha256Hex(truncatedErrorMessage(message));
}

/** The first 500 code points of the message, where the caller asked for raw text. No surrogate pair is ever cut. */
export function truncatedErrorMessage(message: string): string {
  // A code point is one or two units of a string: a thousand units hold all that can be wanted.
  return Array.from(message.slice(0, 2 * MAX_CODE_POINTS))
    .slice(0, MAX_CODE_POINTS)
    .join("");
}
