import { createInterface, type Interface } from "node:readline";
import { PassThrough } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import { ComplianceGuardError } from "../core/errors.ts";

/**
 * A terminal taken over for one review. While it is open, keys reach nobody else: not the application's own readline, and
 * not the process as signals (Ctrl-C ends the question instead). `close` gives the terminal back as it was found.
 */
export class TerminalSession {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #signal: AbortSignal;
  readonly #keys = new PassThrough();
  readonly #lines: Interface;
  readonly #giveBack: () => void;
  #isListening = false;
  #heardSomething = false;

  /** @param signal Ends an open question with its reason. */
  constructor(input: ReadStream, output: WriteStream, signal: AbortSignal) {
    this.#input = input;
    this.#output = output;
    this.#signal = signal;
    this.#giveBack = takeOver(input, (key) => this.#hear(key));
    // It edits lines from our own stream, since on the terminal's it would share every key with the application's.
    this.#lines = createInterface({ input: this.#keys, output, terminal: true, historySize: 0 });
    // Otherwise Ctrl-Z would stop the process with the terminal still in raw mode.
    this.#lines.on("SIGTSTP", () => {});
  }

  /** Columns of the terminal. */
  get width(): number {
    return this.#output.columns || 80;
  }

  write(text: string): void {
    this.#output.write(text);
  }

  /**
   * Drops what was typed before: an "a" that was meant for something else must not approve. In raw mode a terminal hands
   * over at once whatever it holds, half a line too, so after turns of the event loop without a key nothing older is left.
   */
  async dropTypedAhead(): Promise<void> {
    this.#isListening = false;
    for (let silentTurns = 0, turns = 0; silentTurns < SILENT_TURNS && turns < MAX_TURNS; turns++) {
      this.#heardSomething = false;
      await new Promise((resolve) => setImmediate(resolve));
      silentTurns = this.#heardSomething ? 0 : silentTurns + 1;
    }
    this.#isListening = true;
  }

  /**
   * One line from the person.
   * @param prefilled Text to begin with, to be edited. Must be safe to look at.
   * @throws {ComplianceGuardError} `review_failed` on Ctrl-C, Ctrl-D or when the terminal is gone.
   * @throws The signal's reason when it aborts.
   */
  async question(prompt: string, prefilled = ""): Promise<string> {
    this.#signal.throwIfAborted();
    const done = new AbortController();
    try {
      return await new Promise<string>((resolve, reject) => {
        const breakOff = (): void => reject(brokenOff());
        this.#lines.once("line", resolve).once("SIGINT", breakOff).once("close", breakOff);
        this.#input.once("end", breakOff).once("close", breakOff);
        done.signal.addEventListener("abort", () => {
          this.#lines.off("line", resolve).off("SIGINT", breakOff).off("close", breakOff);
          this.#input.off("end", breakOff).off("close", breakOff);
        });
        const options = { signal: done.signal };
        this.#signal.addEventListener("abort", () => reject(this.#signal.reason), options);
        this.#lines.setPrompt(prompt);
        this.#lines.prompt();
        this.#lines.write(prefilled);
      });
    } finally {
      done.abort();
    }
  }

  /** Gives the terminal back. */
  close(): void {
    this.#lines.close();
    this.#giveBack();
  }

  #hear(key: Buffer): void {
    this.#heardSomething = true;
    if (this.#isListening) this.#keys.write(key);
  }
}

/** Reading starts a turn after it was asked for, and what is read arrives in the turn after that. */
const SILENT_TURNS = 4;
/** A key that is held down must not keep the question away for ever. */
const MAX_TURNS = 1000;

/** Makes `listener` the only one that hears keys. Returns what restores everything. */
function takeOver(input: ReadStream, listener: (key: Buffer) => void): () => void {
  const wasRaw = input.isRaw;
  const wasFlowing = input.readableFlowing === true;
  const others = (["data", "readable"] as const).map((event) => ({
    event,
    listeners: input.rawListeners(event),
  }));
  for (const { event } of others) input.removeAllListeners(event);
  input.setRawMode(true);
  input.on("data", listener);
  input.resume();
  return () => {
    input.off("data", listener);
    input.setRawMode(wasRaw);
    for (const { event, listeners } of others) {
      for (const each of listeners) input.on(event, each as (...args: unknown[]) => void);
    }
    // A terminal that is read keeps the process alive.
    if (!wasFlowing) input.pause();
  };
}

function brokenOff(): ComplianceGuardError {
  return new ComplianceGuardError(
    "review_failed",
    "The review was broken off at the terminal, without a decision",
  );
}
