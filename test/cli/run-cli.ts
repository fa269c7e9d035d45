import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** The command line's source: run as it is, by the Node that runs the tests. */
export const CLI: string = join(import.meta.dirname, "../../src/cli/main.ts");

/** How a command ended. */
export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command runs: its directory, its standard input, and the only `COMPLIANCEGUARD_…` variables it has. */
export interface CliSurroundings {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `complianceguard` with these arguments in a process of its own. */
export async function runCli(
  args: readonly string[],
  surroundings: CliSurroundings = {},
): Promise<CliResult> {
  const { cwd, stdin = "", env = {} } = surroundings;
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...ownVariablesOnly(), ...env } });
  child.stdin.end(stdin);
  const exit = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { exitCode, stdout, stderr };
}

/** The environment without what the machine that runs the tests may have set. */
export function ownVariablesOnly(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("COMPLIANCEGUARD_")),
  );
}
