import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { RunningServer } from "../../src/server/serve.ts";
import { API_KEY } from "../server/test-platform.ts";

const PROGRAM = join(import.meta.dirname, "writing-process.ts");
const COMPILE_CACHE = join(tmpdir(), "complianceguard-compile-cache");

/** A process that writes to an outbox, and what it has said is on the disk. */
export interface Writer {
  readonly child: ChildProcess;
  /** Ids whose start record or event is on the disk, as far as it told. */
  readonly begun: Set<string>;
  readonly kept: Set<string>;
  /** Ids the outbox refused to keep. */
  readonly refused: Set<string>;
  /** Resolves when it has ended and all it said is read. */
  readonly ended: Promise<void>;
}

/** How a writing process is started. */
export interface WriterOptions {
  readonly directory: string;
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly writers?: number;
  readonly paceMs?: number;
  readonly limit?: number;
  /** The writing process's file. */
  readonly program?: string;
  /** Called when its code is loaded and the outbox is about to be opened. */
  readonly onOpening?: ((child: ChildProcess) => void) | undefined;
  /** A program that runs it, such as strace, and its arguments. */
  readonly under?: readonly string[];
}

/** Starts a process that writes to an outbox. `onKept` hears of each event it says is kept. */
export function startWriter(options: WriterOptions, onKept: (writer: Writer) => void = () => {}): Writer {
  const {
    directory,
    baseUrl,
    apiKey = API_KEY,
    writers = 4,
    paceMs = 0,
    limit = Number.POSITIVE_INFINITY,
    program = PROGRAM,
  } = options;
  const [command, ...args] = [
    ...(options.under ?? []),
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    program,
    directory,
    baseUrl,
    apiKey,
    ...[writers, paceMs, limit].map(String),
  ];
  // Most of such a process's short life goes into loading its code.
  const env = { ...process.env, NODE_COMPILE_CACHE: program === PROGRAM ? COMPILE_CACHE : dirname(program) };
  const child = spawn(command as string, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const begun = new Set<string>();
  const kept = new Set<string>();
  const refused = new Set<string>();
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]).then(() => {});
  const writer = { child, begun, kept, refused, ended };
  lines.on("line", (line) => {
    const [kind, eventId = ""] = line.split(" ");
    // A line that the kill has cut is no word of the process.
    if (kind === "opening") options.onOpening?.(child);
    if (kind === "begun" && eventId.length === 36) begun.add(eventId);
    if (kind === "refused") refused.add(eventId);
    if (kind === "kept" && eventId.length === 36) {
      kept.add(eventId);
      onKept(writer);
    }
  });
  return writer;
}

/**
 * A writing process that starts fast: its code in one file, and compiled. Most of the life of a process that is killed goes into
 * loading its code, and one that is killed leaves no compiled code for the next.
 * @param directory Where the file may be put.
 */
export async function fastProgram(directory: string, server: RunningServer): Promise<string> {
  const program = await inOneFile(directory);
  const warm = startWriter({ directory, baseUrl: server.url, writers: 1, limit: 1, program });
  await warm.ended;
  if ((await recorded(server)).size !== 1)
    throw new Error("The writing process in one file does not deliver");
  return program;
}

/** The part of undici that sends: loading the rest takes a quarter of a short process's time. */
const ONLY_POOL = {
  name: "only-pool",
  resolveId: (id: string): string | undefined => (id === "undici" ? "only-pool" : undefined),
  load: (id: string): string | undefined => (id === "only-pool" ? POOL : undefined),
};
const POOL = `
  import Pool from "undici/lib/dispatcher/pool.js";
  import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
  import * as api from "undici/lib/api/index.js";
  Object.assign(Dispatcher.prototype, api);
  export { Pool };`;

async function inOneFile(directory: string): Promise<string> {
  // Comes with vitest. Where it does not, the code is loaded file by file.
  const bundler = await import("rolldown").catch(() => undefined);
  if (!bundler) return PROGRAM;
  const worker = join(import.meta.dirname, "../../src/outbox/outbox-worker.ts");
  for (const input of [PROGRAM, worker]) {
    const file = join(directory, `${basename(input, ".ts")}.js`);
    const code = await bundler.rolldown({ input, platform: "node", plugins: [ONLY_POOL] });
    await code.write({ file, format: "esm", codeSplitting: false });
  }
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  return join(directory, `${basename(PROGRAM, ".ts")}.js`);
}

/** What the platform has: how often each id, and the model id in its body. */
export async function recorded(
  server: RunningServer,
  apiKey: string = API_KEY,
): Promise<Map<string, { count: number; modelId: string; body: string }>> {
  const found = new Map<string, { count: number; modelId: string; body: string }>();
  for (let after: number | null = 0; after !== null; ) {
    const headers = { "x-api-key": apiKey };
    const answer = await fetch(`${server.url}/v1/chain?after=${after}&limit=1000`, { headers });
    const page = (await answer.json()) as {
      readonly links: readonly { readonly eventId: string; readonly body: string }[];
      readonly nextAfter: number | null;
    };
    for (const { eventId, body } of page.links) {
      const { modelId } = JSON.parse(body) as { modelId: string };
      found.set(eventId, { count: (found.get(eventId)?.count ?? 0) + 1, modelId, body });
    }
    after = page.nextAfter;
  }
  return found;
}
