import { resolve } from "node:path";
import { ComplianceGuardError } from "../core/errors.ts";
import { pooledRandomBytes } from "../core/random-pool.ts";
import { checkApiKey, type Scope } from "./auth.ts";
import { isLoopback } from "./host-check.ts";

/** How an embedded platform is set up. */
export interface ServerOptions {
  /** Where the data is kept, on a local disk. One server at a time. Made, for its owner alone, where it is missing. */
  readonly directory: string;
  /** 0 takes a free one. @default 5214 */
  readonly port?: number | undefined;
  /** Anything but this machine's own needs `behindProxy`, since keys and events would cross the network in clear. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** Systems to register at the start. */
  readonly systems?: readonly string[] | undefined;
  /** Accepts events of systems nobody registered. @default false */
  readonly allowUnknownSystems?: boolean | undefined;
  /**
   * The first key, with all scopes; it replaces the first key of an earlier start.
   * @default `COMPLIANCEGUARD_SERVER_API_KEY`, else the one of the earlier start, else a new one is made
   */
  readonly apiKey?: string | undefined;
  /** Further keys with fewer scopes, valid while this server runs: an agent needs `events:write` only. */
  readonly apiKeys?: readonly { readonly key: string; readonly scopes: readonly Scope[] }[] | undefined;
  /** The origin of the HTTPS proxy in front of it, e.g. `https://audit.example`. */
  readonly behindProxy?: string | undefined;
  /** The largest body that is read, in bytes. @default 4 MiB */
  readonly bodyLimitBytes?: number | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined;
  /** Random bytes, for salts, keys and ids. @default the system's */
  readonly random?: ((size: number) => Uint8Array) | undefined;
  /** Told of trouble of the server's own, such as a full disk; clients see a 5xx. @default a process warning */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The options, checked, with defaults. */
export interface ServerSettings {
  readonly directory: string;
  readonly port: number;
  readonly host: string;
  readonly systems: readonly string[];
  readonly allowUnknownSystems: boolean;
  readonly apiKey: string | undefined;
  readonly apiKeys: readonly { readonly key: string; readonly scopes: readonly Scope[] }[];
  readonly behindProxy: string | undefined;
  readonly bodyLimitBytes: number;
  readonly clock: () => number;
  readonly random: (size: number) => Uint8Array;
  readonly onError: (error: unknown) => void;
}

/**
 * Checks the options and fills in the defaults.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function readServerOptions(options: ServerOptions): ServerSettings {
  const settings: ServerSettings = {
    directory: options.directory,
    port: options.port ?? 5214,
    host: (options.host ?? "127.0.0.1").replace(/^\[(.*)\]$/, "$1"),
    systems: options.systems ?? [],
    allowUnknownSystems: options.allowUnknownSystems ?? false,
    apiKey: options.apiKey ?? (process.env["COMPLIANCEGUARD_SERVER_API_KEY"] || undefined),
    apiKeys: options.apiKeys ?? [],
    behindProxy: options.behindProxy,
    bodyLimitBytes: options.bodyLimitBytes ?? 4 * 1024 * 1024,
    clock: options.clock ?? Date.now,
    random: options.random ?? pooledRandomBytes,
    onError:
      options.onError ?? ((error) => process.emitWarning(error instanceof Error ? error : String(error))),
  };
  check(settings);
  return { ...settings, directory: resolve(settings.directory) };
}

/** Whether a text can name a system: 1 to 1,024 characters, no control characters. */
export function isSystemId(value: unknown): value is string {
  return typeof value === "string" && /^\P{Cc}{1,1024}$/u.test(value) && value.isWellFormed();
}

function check(settings: ServerSettings): void {
  const { directory, port, host, systems, apiKey, apiKeys, behindProxy, bodyLimitBytes } = settings;
  demand(typeof directory === "string" && directory !== "", "directory must name a directory");
  demand(Number.isInteger(port) && port >= 0 && port <= 65_535, `port must be 0 to 65535, got ${port}`);
  demand(
    systems.every(isSystemId),
    "systems must be names of 1 to 1024 characters without control characters",
  );
  demand(
    Number.isSafeInteger(bodyLimitBytes) && bodyLimitBytes > 0,
    `bodyLimitBytes must be a whole number above 0, got ${bodyLimitBytes}`,
  );
  demand(
    behindProxy === undefined || isHttpsOrigin(behindProxy),
    "behindProxy must be an origin like https://audit.example, without a path",
  );
  demand(
    isLoopback(host) || behindProxy !== undefined,
    `host ${host} can be reached from the network: give behindProxy, the HTTPS proxy in front, or use 127.0.0.1`,
  );
  if (apiKey !== undefined) checkApiKey(apiKey, "apiKey");
  for (const { key } of apiKeys) checkApiKey(key, "apiKeys[].key");
}

function isHttpsOrigin(text: string): boolean {
  return URL.canParse(text) && text.startsWith("https://") && new URL(text).origin === text;
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new ComplianceGuardError("invalid_option", message);
}
