import { createWriteStream } from "node:fs";
import { access, rename, rm } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ComplianceGuardError } from "../core/errors.ts";
import { chainOfServer } from "./chain-source.ts";
import { type Command, readArguments } from "./command.ts";
import { PLATFORM_HELP, type PlatformApi, platformApi } from "./platform-api.ts";

/** Copies a platform's chain into a file that can be checked offline. */
export const command: Command = {
  help: `complianceguard export [options]

Writes one event a line, in order, as JSON with these members: sequenceNumber, eventId, systemId, correlationId,
occurredAt (UTC, nine digits of a second), entry (the text that is hashed), eventHash, salt (hex), body (the request
body as it was received). "complianceguard verify FILE" checks it.
  --output FILE  a new file, readable by its owner only; @default standard output
${PLATFORM_HELP}`,
  run: exportChain,
};

async function exportChain(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, OPTIONS, { least: 0, most: 0 });
  const platform = platformApi(values.url);
  if (values.output === undefined) await copyChain(platform, process.stdout);
  else await copyIntoFile(platform, values.output);
  return 0;
}

const OPTIONS = { url: { type: "string" }, output: { type: "string" } } as const;

/** The file appears under its name only when it is whole. */
async function copyIntoFile(platform: PlatformApi, path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new ComplianceGuardError("invalid_argument", `${path} exists already: name a new file`);
  const partial = `${path}.${process.pid}.part`;
  try {
    await copyChain(platform, createWriteStream(partial, { flags: "wx", mode: 0o600, flush: true }));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function copyChain(platform: PlatformApi, output: Writable): Promise<void> {
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const link of chainOfServer(platform).links) {
      count++;
      yield `${JSON.stringify(link)}\n`;
    }
  }
  await pipeline(Readable.from(lines()), output, { end: output !== process.stdout });
  console.error(`${count} ${count === 1 ? "event" : "events"} exported`);
}
