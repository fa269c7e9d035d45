import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./digest.ts";
import { utf8Bytes } from "./utf8.ts";

/** One of an event's three components (input, output, metadata), encoded once for hash, seal and wire. */
export interface Component {
  /** The canonical JSON. */
  readonly text: string;
  /** Its UTF-8. */
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of `bytes`. */
  readonly reference: string;
}

/**
 * Encodes a component. Null and undefined count as `{}`, as the wire format has it.
 * @throws {ComplianceGuardError} `not_canonicalizable`, with the path of what JSON cannot hold.
 */
export function encodeComponent(value: unknown): Component {
  return componentOfText(canonicalJson(value ?? {}));
}

/** The component whose canonical JSON is already at hand. Its bytes are made when they are asked for: a reference needs none. */
export function componentOfText(text: string): Component {
  return new TextComponent(text);
}

/** The component whose canonical JSON is already at hand in UTF-8. */
export function componentOfBytes(bytes: Uint8Array): Component {
  return componentOfText(Buffer.from(bytes).toString("utf8"));
}

class TextComponent implements Component {
  readonly text: string;
  readonly reference: string;
  #bytes: Uint8Array | undefined;

  constructor(text: string) {
    this.text = text;
    this.reference = sha256Hex(text);
  }

  get bytes(): Uint8Array {
    this.#bytes ??= utf8Bytes(this.text);
    return this.#bytes;
  }
}
