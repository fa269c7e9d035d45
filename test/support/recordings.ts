import { readdirSync, readFileSync } from "node:fs";

/** A recorded answer of a provider: its plain body, or the data of each event of its stream. */
export interface ProviderRecording {
  /** The folder, which tells the wire format. */
  readonly provider: string;
  readonly name: string;
  readonly json?: unknown;
  readonly events?: readonly string[];
}

const folder = new URL("../recordings/", import.meta.url);

/** Every recorded answer under `test/recordings/`. */
export function providerRecordings(): readonly ProviderRecording[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:json|chunks\.txt)$/.test(path))
    .sort()
    .map((path) => {
      const [provider = "", name = ""] = path.split("/");
      const text = readFileSync(new URL(path, folder), "utf8");
      if (name.endsWith(".json")) return { provider, name, json: JSON.parse(text) };
      return { provider, name, events: text.split("\n").filter((line) => line.trim() !== "") };
    });
}
