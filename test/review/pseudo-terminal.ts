import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";

/** Whether this machine can make a pseudo terminal: python3 has the one call for it that Node lacks. */
export const hasPseudoTerminal: boolean = spawnSync("python3", ["-c", "import pty, termios"]).status === 0;

const relay = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/** A Node program in a real pseudo terminal, as a person would sit at it. It ends with its test at the latest. */
export class PseudoTerminal {
  readonly exitCode: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #output = "";
  #seen = 0;

  constructor(program: string, ...args: readonly string[]) {
    this.#child = spawn("python3", ["-c", relay, process.execPath, program, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    // The program loses its terminal with the relay, and ends.
    onTestFinished(() => void this.#child.kill("SIGKILL"));
    this.exitCode = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#output += chunk;
      for (const look of this.#waiting) look();
    });
  }

  /** Everything the terminal has shown. */
  get output(): string {
    return this.#output;
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Waits until the terminal shows the text after what was waited for before, and gives what it showed until then. */
  async until(text: string): Promise<string> {
    let end = -1;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const start = this.#output.indexOf(text, this.#seen);
        if (start < 0) return;
        end = start + text.length;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      void this.exitCode.then((code) =>
        reject(new Error(`ended with ${code} before "${text}":\n${this.#output}`)),
      );
      look();
    });
    const shown = this.#output.slice(this.#seen, end);
    this.#seen = end;
    return shown;
  }
}
