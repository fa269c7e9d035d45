import { createInterface } from "node:readline/promises";
import { visibleText } from "../core/visible-text.ts";
import { destinationDirectory } from "../outbox/directory.ts";
import { DEFAULT_DIRECTORY } from "../outbox/hosting.ts";
import { inspectOutbox } from "../outbox/inspect.ts";
import { type Outbox, openOutbox } from "../outbox/outbox.ts";
import { type Command, readArguments, UsageError } from "./command.ts";

/** Looks into an outbox, and delivers, replays or drops what is in it. */
export const command: Command = {
  help: `complianceguard outbox status | deliver | dead-letters | replay [ID] | drop ID [options]

What waits on this machine for a platform. "status" and "dead-letters" change nothing, and see running processes too; the
others reach what processes have left that are gone.
  status           how many events wait, and what is wrong
  deliver          sends what waits; exit code 1 while something is left
  dead-letters     lists the events the platform refused for good
  replay [ID]      sends dead letters again: all, or one
  drop ID          takes a dead letter away for good, and leaves an event that says so
  --directory DIR  @default ${DEFAULT_DIRECTORY}
  --name NAME      the outbox's name, @default default
  --url URL        the platform's address, else COMPLIANCEGUARD_BASE_URL
                   The API key comes from COMPLIANCEGUARD_API_KEY.
  --timeout MS     how long to deliver, @default 30000
  --other-key      also sends what was kept under another API key before any answer: say so only if both are one tenant's
  --yes            drops without asking`,
  run: outbox,
};

const OPTIONS = {
  directory: { type: "string" },
  name: { type: "string" },
  url: { type: "string" },
  timeout: { type: "string" },
  "other-key": { type: "boolean" },
  yes: { type: "boolean" },
} as const;

/** What all actions are told. */
interface Settings {
  readonly directory: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly acceptOtherKey: boolean;
  readonly isConfirmed: boolean;
}

async function outbox(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, OPTIONS, { least: 1, most: 2 });
  const [action = "", eventId] = positionals;
  const baseUrl = values.url ?? process.env["COMPLIANCEGUARD_BASE_URL"];
  if (!baseUrl) throw new UsageError("which platform? Give --url or set COMPLIANCEGUARD_BASE_URL");
  if (values.timeout !== undefined && !/^\d{1,9}$/.test(values.timeout))
    throw new UsageError("--timeout needs milliseconds");
  const settings = {
    directory: values.directory ?? DEFAULT_DIRECTORY,
    name: values.name ?? "default",
    baseUrl,
    timeoutMs: Number(values.timeout ?? 30_000),
    acceptOtherKey: values["other-key"] ?? false,
    isConfirmed: values.yes ?? false,
  };
  if (eventId !== undefined && action !== "replay" && action !== "drop")
    throw new UsageError(`${action} takes no ID`);
  switch (action) {
    case "status":
      return showStatus(settings);
    case "dead-letters":
      return showDeadLetters(settings);
    case "deliver":
      return withOutbox(settings, async () => 0);
    case "replay":
      return withOutbox(settings, async (opened) => say(`${await opened.replay(eventId)} events go again`));
    case "drop":
      if (eventId === undefined) throw new UsageError("drop needs the ID of an event");
      return drop(settings, eventId);
    default:
      throw new UsageError("use outbox status, deliver, dead-letters, replay or drop");
  }
}

function filesOf({ directory, baseUrl, name }: Settings): ReturnType<typeof inspectOutbox> {
  return inspectOutbox(destinationDirectory(directory, baseUrl, name));
}

function showStatus(settings: Settings): number {
  const files = filesOf(settings);
  const readable = files.filter((file) => "waiting" in file);
  const sum = (field: "waiting" | "open" | "deadLetters" | "bytes"): number =>
    readable.reduce((total, file) => total + file[field], 0);
  console.log(
    `waiting ${sum("waiting")}\nopen ${sum("open")}\ndead letters ${sum("deadLetters")}\nbytes ${sum("bytes")}\nfiles ${readable.length}, ${readable.filter(({ isInUse }) => isInUse).length} of running processes`,
  );
  const unreadable = files.filter((file) => "trouble" in file);
  for (const { path, trouble } of unreadable)
    console.error(`complianceguard: ${path}: ${visibleText(trouble)}`);
  return unreadable.length > 0 ? 1 : 0;
}

function showDeadLetters(settings: Settings): number {
  for (const file of filesOf(settings)) {
    if ("trouble" in file) continue;
    for (const { eventId, code, status, answer, refusedAtUtc } of file.deadLetterList) {
      console.log(visibleText([eventId, refusedAtUtc, code, status ?? "-", answer].join(" ")));
    }
  }
  return 0;
}

async function drop(settings: Settings, eventId: string): Promise<number> {
  if (!settings.isConfirmed && !(await confirmed(`Drop ${visibleText(eventId)} for good? Type yes: `))) {
    return say("nothing dropped");
  }
  return withOutbox(settings, async (opened) => {
    if ((await opened.drop(eventId)) > 0) return say(`dropped ${visibleText(eventId)}; an event says so`);
    console.error("complianceguard: there is no such dead letter, or a running process has it");
    return 1;
  });
}

async function confirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // An input that ends without an answer is no yes.
    const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
    return (await Promise.race([terminal.question(question), ended])).trim() === "yes";
  } finally {
    terminal.close();
  }
}

/** Does what is asked, delivers, and says what is left. */
async function withOutbox(settings: Settings, work: (opened: Outbox) => Promise<number>): Promise<number> {
  const { isConfirmed: _, timeoutMs, ...options } = settings;
  const apiKey = process.env["COMPLIANCEGUARD_API_KEY"];
  if (!apiKey) throw new UsageError("set COMPLIANCEGUARD_API_KEY to the platform's API key");
  const onTrouble = ({ eventId, message }: { eventId?: string | undefined; message: string }): void =>
    console.error(`complianceguard: ${visibleText(eventId ? `${message} [event ${eventId}]` : message)}`);
  const opened = openOutbox({ ...options, apiKey, onTrouble });
  try {
    await opened.status();
    const exitCode = await work(opened);
    const { delivered, waiting, deadLetters, paused } = await opened.flush({ timeoutMs });
    const why = paused === undefined ? "" : `, paused: ${paused}`;
    console.log(`delivered ${delivered}, waiting ${waiting}, dead letters ${deadLetters}${why}`);
    return waiting > 0 ? 1 : exitCode;
  } finally {
    await opened.close({ timeoutMs: 0 });
  }
}

function say(text: string): number {
  console.log(text);
  return 0;
}
