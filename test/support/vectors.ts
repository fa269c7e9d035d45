import { readFileSync } from "node:fs";

/** The parsed JSON of a file under `test/vectors/`. */
export function readVectors<Content>(path: string): Content {
  return JSON.parse(readFileSync(new URL(`../vectors/${path}`, import.meta.url), "utf8"));
}

/** A group of cases in a file of Project Wycheproof. */
export interface WycheproofGroup<Case> {
  readonly ivSize?: number;
  readonly keySize: number;
  readonly tagSize?: number;
  readonly tests: readonly (Case & WycheproofCase)[];
}

interface WycheproofCase {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: "valid" | "invalid" | "acceptable";
}

/** The groups of a Wycheproof file, e.g. `aes_gcm`. */
export function readWycheproof<Case>(name: string): readonly WycheproofGroup<Case>[] {
  const path = `external/wycheproof/testvectors_v1/${name}_test.json`;
  return readVectors<{ testGroups: readonly WycheproofGroup<Case>[] }>(path).testGroups;
}

/** The bytes of a hex text. */
export function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}
