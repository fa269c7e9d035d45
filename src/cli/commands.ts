import type { Command } from "./command.ts";

/** A command as the list of commands shows it. Its own file is loaded only when it runs. */
export interface CommandEntry {
  /** What is written after `complianceguard`. */
  readonly usage: string;
  /** One line: what it does. */
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Every command there is, by name. */
export const commands: ReadonlyMap<string, CommandEntry> = new Map([
  [
    "serve",
    {
      usage: "serve",
      summary: "run an embedded platform on this machine",
      load: () => import("./serve.ts"),
    },
  ],
  [
    "system",
    {
      usage: "system add NAME",
      summary: "register a system, so that its events are accepted",
      load: () => import("./system.ts"),
    },
  ],
  [
    "verify",
    {
      usage: "verify [FILE]",
      summary: "check the chain of a platform, or of an export",
      load: () => import("./verify.ts"),
    },
  ],
  [
    "export",
    {
      usage: "export",
      summary: "copy the chain of a platform, to be kept elsewhere and checked offline",
      load: () => import("./export.ts"),
    },
  ],
  [
    "outbox",
    {
      usage: "outbox status | deliver | …",
      summary: "look into what waits on this machine, deliver it, replay or drop what was refused",
      load: () => import("./outbox.ts"),
    },
  ],
  [
    "decrypt",
    {
      usage: "decrypt FILE --key-file KEY",
      summary: "decrypt an event, and say what its key vouches for",
      load: () => import("./decrypt.ts"),
    },
  ],
  [
    "key",
    {
      usage: "key",
      summary: "make a key that payloads are encrypted with",
      load: () => import("./key.ts"),
    },
  ],
]);
