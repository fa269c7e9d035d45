import { canonicalJson } from "./canonical-json.ts";
import { readJson } from "./json-reader.ts";

/**
 * The canonical JSON of a JSON text, such as an auditor's file or a decrypted payload: what Python's `json.loads` and
 * `json.dumps` make of it. A number token with a `.`, `e` or `E` is a float (`1.0` stays `1.0`, `1e0` becomes `1.0`), any
 * other an integer of any size; of a repeated key the last value counts.
 *
 * @throws {InvalidJsonError} `invalid_json`, with the position where the text stops being JSON.
 * @throws {CanonicalizationError} `not_canonicalizable`, with the path of what Python reads and UTF-8 JSON cannot hold: an
 * escaped lone surrogate, `NaN`, `Infinity`, a float that overflows, or more than 250,000 levels.
 */
export function canonicalJsonFromText(text: string): string {
  return canonicalJson(readJson(text));
}
