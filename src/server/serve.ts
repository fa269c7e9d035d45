import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { ComplianceGuardError } from "../core/errors.ts";
import { newEventId } from "../core/uuid.ts";
import { createApp } from "./app.ts";
import { ALL_SCOPES, hashApiKey, makeApiKey, type StoredKey } from "./auth.ts";
import { readServerOptions, type ServerOptions, type ServerSettings } from "./options.ts";
import { problem } from "./problem.ts";
import { StoreThread } from "./store-thread.ts";

/** A running platform. */
export interface RunningServer {
  /** Where clients reach it: `http://127.0.0.1:5214`, or the proxy in front. */
  readonly url: string;
  /** The port it listens on. */
  readonly port: number;
  /**
   * The first key, where it was given or has just been made; a made one is shown this once and never again. Undefined
   * where an earlier start made it.
   */
  readonly apiKey: string | undefined;
  /** The directory's absolute path. */
  readonly directory: string;
  /** Takes no more requests, answers those under way, and lets go of the directory. */
  close(): Promise<void>;
}

/**
 * Starts a ComplianceGuard platform in this process, for one machine and for tests: everything it has answered is on the
 * disk, as a chain of hashes that {@link https://www.rfc-editor.org/rfc/rfc6962 RFC 6962} leaf hashes tie together.
 *
 * Systems must be registered before their events are accepted, unless `allowUnknownSystems` is set. An event's id belongs
 * to its first body for ever: the same body again gets the first answer, another one 409.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option; `server_error` where another server has the directory open,
 *   the port is taken or the disk refuses.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const settings = readServerOptions(options);
  const store = await StoreThread.open({
    file: join(settings.directory, "platform.db"),
    newEnvironmentId: newEventId({ nowMs: settings.clock(), random: settings.random(16) }),
  });
  try {
    const { apiKey, firstKey } = await prepareFirstKey(store, settings);
    const systems = await registerSystems(store, settings);
    const keys = [firstKey, ...furtherKeys(settings)];
    const server = serverOf(createApp({ store, systems, settings }, keys), settings);
    const port = await listen(server, settings);
    // Not before: a start that fails shows nobody the key it made, and the next one must not go by it.
    await keepFirstKey(store, firstKey).catch(async (error) => {
      await stop(server);
      throw error;
    });
    return {
      url: settings.behindProxy ?? `http://${hostInUrl(settings.host)}:${port}`,
      port,
      apiKey,
      directory: settings.directory,
      close: onceOnly(async () => {
        await stop(server);
        await store.close();
      }),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function prepareFirstKey(
  store: StoreThread,
  { apiKey: given, random }: ServerSettings,
): Promise<{ readonly apiKey: string | undefined; readonly firstKey: StoredKey }> {
  const keptHash = await store.call("setting", "first_key_hash");
  const apiKey = given ?? (keptHash === undefined ? makeApiKey(random) : undefined);
  const hash = apiKey === undefined ? Buffer.from(keptHash ?? "", "hex") : hashApiKey(apiKey);
  return { apiKey, firstKey: { hash, scopes: ALL_SCOPES } };
}

async function keepFirstKey(store: StoreThread, { hash }: StoredKey): Promise<void> {
  const value = Buffer.from(hash).toString("hex");
  await store.call("setSetting", { name: "first_key_hash", value });
}

function furtherKeys({ apiKeys }: ServerSettings): StoredKey[] {
  return apiKeys.map(({ key, scopes }) => ({ hash: hashApiKey(key), scopes }));
}

async function registerSystems(store: StoreThread, { systems, clock }: ServerSettings): Promise<Set<string>> {
  const registeredAtUtc = new Date(clock()).toISOString();
  for (const systemId of systems) await store.call("addSystem", { systemId, registeredAtUtc });
  const registered = await store.call("systems", undefined);
  return new Set(registered.map(({ systemId }) => systemId));
}

/** How long a connection may be idle. Events come in bursts, and a new connection costs as much as to take in an event. */
const KEEP_ALIVE_MS = 65_000;

function serverOf(app: ReturnType<typeof createApp>, { onError }: ServerSettings): Server {
  const listener = getRequestListener(app.fetch, {
    // An embedded server must not replace the Request and Response of the program it is in.
    overrideGlobalObjects: false,
    errorHandler: () => problem(400, "bad_request", "the request names no valid host or path"),
  });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    listener(incoming, outgoing).catch(onError);
    outgoing.once("close", () => {
      // A kept-alive connection that was busy when the server closed would hold it open.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  return server;
}

async function listen(server: Server, { host, port }: ServerSettings): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const remedy = code === "EADDRINUSE" ? "it is in use: choose another, 0 takes a free one" : `${code}`;
    throw new ComplianceGuardError("server_error", `cannot listen on port ${port} of ${host}: ${remedy}`, {
      cause,
    });
  }
}

const STOP_TIMEOUT_MS = 10_000;

/** Lets requests under way finish, and cuts those that do not. */
async function stop(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS);
  const closed = once(server, "close");
  server.close();
  await closed;
  clearTimeout(timer);
}

function onceOnly(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
