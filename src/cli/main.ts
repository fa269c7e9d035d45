#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { getSystemErrorMessage } from "node:util";
import { visibleText } from "../core/visible-text.ts";
import { UsageError } from "./command.ts";
import { commands } from "./commands.ts";

/** Runs what the arguments ask for. @returns The exit code: 0, 1 for trouble, 2 where the arguments are not understood. */
async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === "--version") return say(version());
  if (name === "--help" || name === "-h" || name === "help") return say(help());
  const entry = commands.get(name ?? "");
  if (!entry) return complain(name === undefined ? "which command?" : `there is no command ${name}`, "", 2);
  try {
    const { command } = await entry.load();
    return asksForHelp(args) ? say(command.help) : await command.run(args);
  } catch (error) {
    const message = describe(error as Error);
    return error instanceof UsageError ? complain(message, ` ${name}`, 2) : complain(message, undefined, 1);
  }
}

/** An error in words: the system's own as what was tried, with which file, and why it failed. */
function describe({ message, errno, syscall, path }: NodeJS.ErrnoException): string {
  if (errno === undefined || syscall === undefined) return message;
  return `cannot ${syscall}${path === undefined ? "" : ` ${path}`}: ${getSystemErrorMessage(errno)}`;
}

function help(): string {
  const entries = [...commands.values()];
  const width = Math.max(...entries.map(({ usage }) => usage.length));
  const lines = entries.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`);
  return `complianceguard COMMAND [options]\n\n${lines.join("\n")}\n\n"complianceguard COMMAND --help" tells all about one; --version prints the version.`;
}

function asksForHelp(args: readonly string[]): boolean {
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return options.includes("--help") || options.includes("-h");
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function say(text: string): number {
  console.log(text);
  return 0;
}

/** @param hint The command whose help would help, with a space before it; undefined where help would not. */
function complain(message: string, hint: string | undefined, exitCode: number): number {
  console.error(`complianceguard: ${visibleText(message)}`);
  if (hint !== undefined) console.error(`Try "complianceguard${hint} --help".`);
  return exitCode;
}

// Whoever reads the output may stop early, as head does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exitCode = error.code === "EPIPE" ? 0 : 1;
});
main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
