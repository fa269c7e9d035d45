import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** One command of `complianceguard`. */
export interface Command {
  /** All there is to know about its options, as `--help` shows it. */
  readonly help: string;
  /**
   * Runs it with the arguments behind its name.
   * @returns The exit code: 0, or 1 where what was checked is not as it should be.
   * @throws {UsageError} The arguments are not understood: exit code 2. Any other error: exit code 1.
   */
  run(args: readonly string[]): Promise<number>;
}

/** The arguments of a command are not understood. */
export class UsageError extends Error {}

/** The options given, and the other arguments, of which there must be `positionals.least` to `positionals.most`. */
export function readArguments<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  positionals: { readonly least: number; readonly most: number },
): ReturnType<typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>> {
  const parsed = parse(args, options);
  const count = parsed.positionals.length;
  if (count < positionals.least) throw new UsageError("an argument is missing");
  if (count > positionals.most)
    throw new UsageError(`too many arguments: ${parsed.positionals[positionals.most]}`);
  return parsed;
}

/** An option whose value is a whole number, e.g. a port. */
export function wholeNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${option} needs a whole number, got ${text}`);
  return Number(text);
}

function parse<Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true as const });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
