import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { visibleText } from "../core/visible-text.ts";
import { destinationDirectory } from "../outbox/directory.ts";
import { DEFAULT_DIRECTORY } from "../outbox/hosting.ts";
import { type InspectedFile, inspectOutbox, setAsideFiles } from "../outbox/inspect.ts";
import { type Outbox, openOutbox } from "../outbox/outbox.ts";
import { checkOutboxOptions } from "../outbox/outbox-options.ts";
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
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly acceptOtherKey: boolean;
  readonly isConfirmed: boolean;
}

/** What each action does with the ID, where it takes one. */
const actions: Readonly<Record<string, (settings: Settings, eventId?: string) => number | Promise<number>>> =
  {
    status: showStatus,
    "dead-letters": showDeadLetters,
    deliver: (settings) => withOutbox(settings, async () => 0),
    replay,
    drop,
  };

async function outbox(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, OPTIONS, { least: 1, most: 2 });
  const [name = "", eventId] = positionals;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new UsageError(`there is no "outbox ${name}": use ${Object.keys(actions).join(", ")}`);
  if (name === "drop" && eventId === undefined) throw new UsageError("drop needs the ID of an event");
  if (name !== "drop" && name !== "replay" && eventId !== undefined)
    throw new UsageError(`${name} takes no ID`);
  const settings = settingsFrom(values);
  if (!settings.apiKey && !shows.has(name))
    throw new UsageError("set COMPLIANCEGUARD_API_KEY to the platform's API key");
  checkOutboxOptions(settings);
  if (!existsSync(directoryOf(settings))) {
    // A mistyped address or name looks like an outbox with nothing in it.
    complain(
      `nothing was ever kept in ${settings.directory} for ${settings.baseUrl} under the name "${settings.name}": if that is not so, check --directory, --url and --name`,
    );
    if (!shows.has(name)) return eventId === undefined ? 0 : 1;
  }
  return action(settings, eventId);
}

/** These change nothing, and need no key. */
const shows: ReadonlySet<string> = new Set(["status", "dead-letters"]);

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>["values"];

function settingsFrom(values: Values): Settings {
  const baseUrl = values.url ?? process.env["COMPLIANCEGUARD_BASE_URL"];
  if (!baseUrl) throw new UsageError("which platform? Give --url or set COMPLIANCEGUARD_BASE_URL");
  if (values.timeout !== undefined && !/^\d{1,9}$/.test(values.timeout))
    throw new UsageError("--timeout needs milliseconds");
  return {
    directory: values.directory ?? DEFAULT_DIRECTORY,
    name: values.name ?? "default",
    baseUrl,
    apiKey: process.env["COMPLIANCEGUARD_API_KEY"] ?? "",
    timeoutMs: Number(values.timeout ?? 30_000),
    acceptOtherKey: values["other-key"] ?? false,
    isConfirmed: values.yes ?? false,
  };
}

function directoryOf({ directory, baseUrl, name }: Settings): string {
  return destinationDirectory(directory, baseUrl, name);
}

/** The files that can be looked into; complains of the others. */
function readableFiles(settings: Settings): {
  readonly files: readonly InspectedFile[];
  readonly exitCode: number;
} {
  const all = inspectOutbox(directoryOf(settings));
  const unreadable = all.filter((file) => "trouble" in file);
  for (const { path, trouble } of unreadable) complain(`${path}: ${trouble}`);
  return { files: all.filter((file) => "waiting" in file), exitCode: unreadable.length > 0 ? 1 : 0 };
}

function showStatus(settings: Settings): number {
  const { files, exitCode } = readableFiles(settings);
  const sum = (field: "waiting" | "open" | "deadLetters" | "bytes"): number =>
    files.reduce((total, file) => total + file[field], 0);
  console.log(
    `waiting ${sum("waiting")}\nopen ${sum("open")}\ndead letters ${sum("deadLetters")}\nbytes ${sum("bytes")}\nfiles ${files.length}, ${files.filter(({ isInUse }) => isInUse).length} of running processes`,
  );
  const { directory, count } = setAsideFiles(directoryOf(settings));
  if (count > 0) console.log(`set aside ${count}, planted or damaged: see ${visibleText(directory)}`);
  return exitCode;
}

function showDeadLetters(settings: Settings): number {
  const { files, exitCode } = readableFiles(settings);
  for (const { eventId, code, status, answer, refusedAtUtc } of files.flatMap(
    (file) => file.deadLetterList,
  )) {
    const line = [eventId, refusedAtUtc, code, status ?? "-", answer].join(" ");
    console.log(visibleText(line, { lines: "show" }));
  }
  return exitCode;
}

async function replay(settings: Settings, eventId?: string): Promise<number> {
  if (eventId !== undefined && !isReachable(settings, eventId)) return 1;
  return withOutbox(settings, async (opened) => {
    const count = await opened.replay(eventId);
    return say(count === 1 ? "1 event goes again" : `${count} events go again`);
  });
}

async function drop(settings: Settings, eventId = ""): Promise<number> {
  if (!isReachable(settings, eventId)) return 1;
  if (!settings.isConfirmed && !(await confirmed(`Drop ${visibleText(eventId)} for good? Type yes: `))) {
    return say("nothing dropped");
  }
  return withOutbox(settings, async (opened) => {
    if ((await opened.drop(eventId)) > 0) return say(`dropped ${visibleText(eventId)}; an event says so`);
    return complain(`there is no dead letter ${eventId}, or no longer`);
  });
}

/** False where it is certain that this dead letter cannot be reached; says why. */
function isReachable(settings: Settings, eventId: string): boolean {
  const { files } = readableFiles(settings);
  const holder = files.find(({ deadLetterList: list }) => list.some((letter) => letter.eventId === eventId));
  if (holder?.isInUse) {
    complain(`a running process has the dead letter ${eventId}: replay or drop it there, or end the process`);
    return false;
  }
  // The lists are cut.
  if (holder || files.some(({ deadLetters, deadLetterList }) => deadLetters > deadLetterList.length))
    return true;
  complain(`there is no dead letter ${eventId}: see "complianceguard outbox dead-letters"`);
  return false;
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
  const onTrouble = ({ eventId, message }: { eventId?: string | undefined; message: string }): void =>
    void complain(eventId ? `${message} [event ${eventId}]` : message);
  const opened = openOutbox({ ...options, onTrouble });
  try {
    await opened.status();
    const exitCode = await work(opened);
    const { delivered, waiting, deadLetters, paused } = await opened.flush({ timeoutMs });
    const why = paused === undefined ? "" : `, paused: ${paused}`;
    console.log(`delivered ${delivered}, waiting ${waiting}, dead letters ${deadLetters}${why}`);
    // Trouble that may pass is nobody's to hear of, but of one who looks on.
    if (waiting > 0 && paused === undefined)
      await opened.ready().catch(({ message }: Error) => complain(message));
    return waiting > 0 || isAnyLeft(settings) ? 1 : exitCode;
  } finally {
    await opened.close({ timeoutMs: 0 });
  }
}

/** Whether there are files of ended processes that could not be taken; says which. */
function isAnyLeft(settings: Settings): boolean {
  const { files, exitCode } = readableFiles(settings);
  const left = files.filter((file) => !file.isInUse && file.waiting + file.open > 0);
  for (const { path } of left) complain(`${path} could not be taken now: try again`);
  return exitCode > 0 || left.length > 0;
}

function say(text: string): number {
  console.log(text);
  return 0;
}

function complain(text: string): number {
  console.error(`complianceguard: ${visibleText(text)}`);
  return 1;
}
