// Child processes that are told what to do: each measured part runs in a process of its own.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ANSWER_TIMEOUT_MS = 180_000;

/**
 * Starts a file of bench/ as a process; resolves when it has called `answerTo`. `ask(command, input)` gives what its command
 * gives; `kill` ends it without a word, `stop` by closing its channel.
 */
export async function startChild(file, input = {}) {
  // Peers whose platform is down fill pages with it.
  const output = process.env.BENCH_DEBUG ? "inherit" : "ignore";
  const child = fork(fileURLToPath(new URL(`../${file}`, import.meta.url)), [JSON.stringify(input)], {
    stdio: ["ignore", output, output, "ipc"],
    execArgv: ["--no-warnings"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const exited = once(child, "exit");
  const calls = new Map();
  let lastId = 0;
  child.on("message", ({ id, output, error }) => {
    const call = calls.get(id);
    calls.delete(id);
    if (error) call?.reject(new Error(`${file}: ${error}`));
    else call?.resolve(output);
  });
  child.on("exit", (code, signal) => {
    for (const { reject } of calls.values()) reject(new Error(`${file} has ended (${code ?? signal})`));
    calls.clear();
  });
  const expect = (id, timeoutMs) => {
    const call = Promise.withResolvers();
    const timer = setTimeout(
      () => call.reject(new Error(`${file} has not answered in ${timeoutMs} ms`)),
      timeoutMs,
    );
    calls.set(id, call);
    return call.promise.finally(() => clearTimeout(timer));
  };
  const hello = await expect(0, 60_000);
  return {
    hello,
    exited,
    ask(command, commandInput, { timeoutMs = ANSWER_TIMEOUT_MS } = {}) {
      const id = ++lastId;
      child.send({ id, command, input: commandInput });
      return expect(id, timeoutMs);
    },
    tell: (command, commandInput) => child.send({ id: -1, command, input: commandInput }),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** What `startChild` was given, in the child. */
export const childInput = () => JSON.parse(process.argv[2] ?? "{}");

/** In the child: says hello and answers until the parent lets go. `commands.close`, where there is one, comes last. */
export function answerTo(commands, hello) {
  process.on("message", async ({ id, command, input }) => {
    try {
      process.send({ id, output: await commands[command](input) });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.on("disconnect", async () => {
    await commands.close?.();
    process.exit(0);
  });
  process.send({ id: 0, output: hello });
}

const directories = [];

/** A directory on the disk that is measured (`BENCH_DIRECTORY`, else the system's for temporary files); goes with the process. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(process.env.BENCH_DIRECTORY ?? tmpdir(), "complianceguard-bench-"));
  directories.push(directory);
  return directory;
}

process.on("exit", () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
