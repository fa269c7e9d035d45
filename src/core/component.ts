import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./digest.ts";
import { isLatin1 } from "./latin1-literal.ts";
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

/** What a component is for: its hash alone, or to be sealed, too. */
export type ComponentUse = "hash" | "seal";

/**
 * Encodes a component. Null and undefined count as `{}`, as the wire format has it.
 * @throws {ComplianceGuardError} `not_canonicalizable`, with the path of what JSON cannot hold.
 */
export function encodeComponent(value: unknown, use: ComponentUse = "hash"): Component {
  return componentOfText(canonicalJson(value ?? {}), use);
}

/** The component whose canonical JSON is already at hand. Its bytes are made when they are needed: a reference needs none. */
export function componentOfText(text: string, use: ComponentUse = "hash"): Component {
  return new TextComponent(text, use);
}

/** The component whose canonical JSON is already at hand in UTF-8. */
export function componentOfBytes(bytes: Uint8Array): Component {
  return componentOfText(Buffer.from(bytes).toString("utf8"));
}

class TextComponent implements Component {
  readonly text: string;
  readonly reference: string;
  #bytes: Uint8Array | undefined;

  constructor(text: string, use: ComponentUse) {
    this.text = text;
    // Beyond Latin-1 it takes longer to make UTF-8 of a text than to hash or to seal that: once is enough.
    if (use === "seal" && !isLatin1(text)) this.#bytes = utf8Bytes(text);
    this.reference = sha256Hex(this.#bytes ?? text);
  }

  get bytes(): Uint8Array {
    this.#bytes ??= utf8Bytes(this.text);
    return this.#bytes;
  }
}
