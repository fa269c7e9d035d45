import { ComplianceGuardClient } from "./client/client.ts";
import type { ClientOptions } from "./client/client-options.ts";
import { directSink } from "./client/direct-sink.ts";
import { ComplianceGuardError } from "./core/errors.ts";
import type { EventSink } from "./core/event-sink.ts";
import { type KeyMaterial, type KeyProvider, keyProviderOf } from "./core/keys.ts";
import { DEFAULT_DIRECTORY, outboxObstacle } from "./outbox/hosting.ts";
import type { PlainTrouble } from "./outbox/messages.ts";
import { openOutbox } from "./outbox/outbox.ts";
import type { OutboxOptions } from "./outbox/outbox-options.ts";
import { recorderOptionNames, requireOptions } from "./recorder/option-checks.ts";
import { Recorder } from "./recorder/recorder.ts";
import type { RecorderOptions, TextOption } from "./recorder/recorder-options.ts";
import { troubleReporter } from "./recorder/trouble.ts";

/** Where and how much the outbox keeps. */
export type OutboxOption = Pick<OutboxOptions, "directory" | "name" | "maxBytes" | "concurrency">;

/** Options of {@link createRecorder}. What an environment variable can give is marked with it. */
export interface CreateRecorderOptions extends Omit<RecorderOptions, "sink" | "keys" | "systemId"> {
  /** `COMPLIANCEGUARD_BASE_URL`: the platform, e.g. `http://127.0.0.1:5214`. */
  readonly baseUrl?: string | undefined;
  /** `COMPLIANCEGUARD_API_KEY`: a key with the scope `events:write`, or a function that gives it. */
  readonly apiKey?: ClientOptions["apiKey"] | undefined;
  /** `COMPLIANCEGUARD_SYSTEM_ID`: the system as registered on the platform. */
  readonly systemId?: TextOption | undefined;
  /** `COMPLIANCEGUARD_PAYLOAD_KEY`: 32 bytes that seal the content. Without it only references leave the process. */
  readonly payloadKey?: KeyMaterial | undefined;
  /** `COMPLIANCEGUARD_PAYLOAD_KEY_ID`: the key's name, sent in clear. */
  readonly payloadKeyId?: string | undefined;
  /** Keys per event, in place of one `payloadKey`. */
  readonly keys?: KeyProvider | undefined;
  /**
   * Events are kept in this directory until the platform has acknowledged them; `name` tells tenants of one platform apart.
   * False sends directly and keeps nothing. Direct, too, on Lambda and Vercel and where the directory cannot be written, which
   * is said once to `onError`; but with an `onFailure` that may block, such a directory is refused.
   * @default { directory: ".complianceguard", name: "default" }
   */
  readonly outbox?: OutboxOption | false | undefined;
  /** Where events go, in place of the platform; `memorySink()` in your tests. */
  readonly sink?: EventSink | undefined;
  /** Milliseconds that one try to send an event may take; an event is tried again for 30 seconds. @default 10000 */
  readonly timeoutMs?: number | undefined;
  /** For proxies and private certificate authorities: see the client. */
  readonly dispatcher?: ClientOptions["dispatcher"];
  /** Another `fetch`, for other runtimes. */
  readonly fetch?: ClientOptions["fetch"];
}

/**
 * A recorder that sends to a platform, by way of an outbox on the disk: client, sink and recorder from options and
 * environment. Synchronous; nothing is opened or contacted before the first event (or `ready()`).
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy, e.g. the variable that could give it;
 * `invalid_payload_key` where `payloadKey` or `pseudonymKey` is not 32 bytes; `outbox_unusable` where `onFailure` may block
 * and there can be no outbox.
 * @example
 * const recorder = createRecorder({ systemId: "cv-screening-prod", version: "2026.05.01", decisionClassification: "automated_decision" });
 */
export function createRecorder(options: CreateRecorderOptions): Recorder {
  requireOptions("createRecorder", options, optionNames);
  if (options.outbox !== undefined && options.outbox !== false) {
    requireOptions("createRecorder's outbox", options.outbox, outboxNames);
  }
  const {
    baseUrl,
    apiKey,
    systemId,
    payloadKey,
    payloadKeyId,
    keys,
    sink,
    outbox,
    timeoutMs,
    dispatcher,
    fetch,
    ...rest
  } = options;
  return new Recorder({
    ...rest,
    recorderEvents: options.recorderEvents ?? sink === undefined,
    systemId:
      systemId ??
      required("systemId", "COMPLIANCEGUARD_SYSTEM_ID", "the system as registered on the platform"),
    keys: keysOf({ payloadKey, payloadKeyId, keys }),
    sink:
      sink ??
      platformSink(options, {
        baseUrl: baseUrl ?? required("baseUrl", "COMPLIANCEGUARD_BASE_URL", "the platform's address"),
        apiKey: apiKey ?? required("apiKey", "COMPLIANCEGUARD_API_KEY", "a key with the scope events:write"),
        timeoutMs,
        dispatcher,
        fetch,
      }),
  });
}

const own = [
  "baseUrl",
  "apiKey",
  "payloadKey",
  "payloadKeyId",
  "outbox",
  "timeoutMs",
  "dispatcher",
  "fetch",
] as const satisfies readonly (keyof CreateRecorderOptions)[];
const optionNames = [...recorderOptionNames, ...own];
const outboxNames: readonly (keyof OutboxOption)[] = ["directory", "name", "maxBytes", "concurrency"];

/** The outbox, or a direct sink where there can be none. */
function platformSink(options: CreateRecorderOptions, client: ClientOptions): EventSink {
  const { outbox = {}, onFailure, onError } = options;
  if (outbox === false) return ownDirectSink(client);
  const report = troubleReporter(onError, Date.now);
  const obstacle = outboxObstacle(outbox.directory ?? DEFAULT_DIRECTORY);
  if (obstacle === undefined) {
    const onTrouble = ({ code, eventId, message }: PlainTrouble): void =>
      report({ code, eventId, cause: new ComplianceGuardError(code, message) });
    return openOutbox({ ...client, ...outbox, onTrouble });
  }
  if (onFailure !== undefined && onFailure !== "continue") {
    throw new ComplianceGuardError(
      "outbox_unusable",
      `onFailure may block, which needs an outbox, but ${obstacle}: name a writable directory on a local disk`,
    );
  }
  const cause = new ComplianceGuardError(
    "delivery_direct",
    `Events are sent directly, and what waits is lost with the process: ${obstacle}. outbox: false says that this is meant`,
  );
  report({ code: "delivery_direct", cause });
  return ownDirectSink(client);
}

/** A direct sink whose connections close with it. */
function ownDirectSink(options: ClientOptions): EventSink {
  const client = new ComplianceGuardClient(options);
  const sink = directSink(client);
  return {
    submit: (event) => sink.submit(event),
    ready: async () => sink.ready?.(),
    flush: (options) => sink.flush(options),
    close: async (options) => {
      const status = await sink.close(options);
      await client.close();
      return status;
    },
  };
}

function keysOf(
  given: Pick<CreateRecorderOptions, "payloadKey" | "payloadKeyId" | "keys">,
): KeyProvider | undefined {
  if (given.keys !== undefined || given.payloadKey !== undefined) return keyProviderOf(given);
  const payloadKey = environment("COMPLIANCEGUARD_PAYLOAD_KEY");
  return keyProviderOf({
    payloadKey,
    payloadKeyId: given.payloadKeyId ?? environment("COMPLIANCEGUARD_PAYLOAD_KEY_ID"),
  });
}

function required(option: string, variable: string, what: string): string {
  const value = environment(variable);
  if (value !== undefined) return value;
  throw new ComplianceGuardError(
    "invalid_option",
    `${option} is missing: pass it, or set ${variable} (${what})`,
  );
}

function environment(variable: string): string | undefined {
  return process.env[variable] || undefined;
}
