import { writeFile } from "node:fs/promises";
import { ComplianceGuardError } from "../core/errors.ts";
import { generateKey } from "../core/keys.ts";
import { type Command, readArguments } from "./command.ts";

/** Makes a payload key. */
export const command: Command = {
  help: `complianceguard key [options]

Makes a payload key: 32 random bytes, as base64url text. Whoever loses it cannot read the payloads any more.
  --output FILE  a new file, readable by its owner only; @default standard output`,
  run: makeKey,
};

async function makeKey(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { output: { type: "string" } }, { least: 0, most: 0 });
  const text = `${generateKey()}\n`;
  if (values.output === undefined) process.stdout.write(text);
  else await writeNewFile(values.output, text);
  return 0;
}

async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o600, flush: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    // Overwriting a key makes everything sealed under it unreadable.
    throw new ComplianceGuardError("invalid_argument", `${path} exists already: name a new file`, { cause });
  }
}
