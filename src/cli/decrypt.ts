import { readFile } from "node:fs/promises";
import { text as readText } from "node:stream/consumers";
import { openEvent } from "../core/decrypt-event.ts";
import { ComplianceGuardError } from "../core/errors.ts";
import { payloadKey } from "../core/keys.ts";
import type { OpenedPayload } from "../core/payload.ts";
import { type VerifiedEvent, verifyEvent } from "../core/verify-event.ts";
import { visibleJson, visibleText } from "../core/visible-text.ts";
import { readChainLink } from "../evidence/chain-link.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { indentJson } from "./indent-json.ts";

/** Decrypts an event and says what its key vouches for. */
export const command: Command = {
  help: `complianceguard decrypt FILE --key-file KEY

Decrypts the event in FILE (- is standard input): JSON as the platform gives it, or a line of an export. Checks that
the payload belongs to it and is what its references say; then says which of the clear fields are as they were sent,
which differ, and for which there is only the platform's word. What cannot be seen is shown as ⟨U+202E⟩. Ends with 1
when the payload is refused or a field differs.
  --key-file KEY  the payload key: 32 bytes, or their base64url or hex text, as "complianceguard key" makes it`,
  run: decrypt,
};

async function decrypt(args: readonly string[]): Promise<number> {
  const options = { "key-file": { type: "string" } } as const;
  const { values, positionals } = readArguments(args, options, { least: 1, most: 1 });
  const keyFile = values["key-file"];
  if (keyFile === undefined) throw new UsageError("give --key-file KEY");
  const key = await readKey(keyFile);
  const event = await readEvent(positionals[0] as string);
  const opened = await openEvent(event, key);
  const verified = await verifyEvent(event, key);
  console.log([...componentLines(opened), ...fieldLines(verified)].join("\n"));
  return verified.differs.length === 0 ? 0 : 1;
}

async function readKey(path: string): Promise<ReturnType<typeof payloadKey>> {
  const bytes = await readFile(path);
  return payloadKey(bytes.length === 32 ? bytes : bytes.toString("utf8"), "the key in the file");
}

async function readEvent(path: string): Promise<object> {
  const value = parse(path === "-" ? await readText(process.stdin) : await readFile(path, "utf8"));
  const body = readChainLink(value)?.body;
  return Object(typeof body === "string" ? parse(body) : value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const remedy = isJson(text.split("\n", 1)[0] as string)
      ? ", it holds several lines: give one of them, as an export has an event in each"
      : "";
    throw new ComplianceGuardError("invalid_json", `the event is not JSON${remedy}`);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function componentLines(opened: OpenedPayload): string[] {
  return (["input", "output", "metadata"] as const).flatMap((name) => [
    `${name}:`,
    visibleText(indentJson(opened[name])),
    "",
  ]);
}

function fieldLines({ authenticated, differs, unauthenticated }: VerifiedEvent): string[] {
  return [
    `authenticated by the key: ${namesOf(authenticated)}`,
    ...differs.map(
      ({ field, sealed, shown }) =>
        `DIFFERS: ${namesOf([field])}: sealed ${visibleJson(sealed)}, shown ${visibleJson(shown)}`,
    ),
    `the platform's word alone: ${namesOf(unauthenticated)}`,
  ];
}

function namesOf(names: readonly string[]): string {
  return visibleText(names.join(", "), { lines: "show" }) || "nothing";
}
