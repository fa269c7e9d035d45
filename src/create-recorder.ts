import { ComplianceGuardClient } from "./client/client.ts";
import type { ClientOptions } from "./client/client-options.ts";
import { directSink } from "./client/direct-sink.ts";
import { ComplianceGuardError } from "./core/errors.ts";
import type { EventSink } from "./core/event-sink.ts";
import { type KeyMaterial, type KeyProvider, keyProviderOf } from "./core/keys.ts";
import { Recorder } from "./recorder/recorder.ts";
import type { RecorderOptions, TextOption } from "./recorder/recorder-options.ts";

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
 * A recorder that sends to a platform: client, sink and recorder from options and environment. Synchronous; nothing is
 * contacted before the first event (or `ready()`).
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the variable that could give it.
 * @example
 * const recorder = createRecorder({ systemId: "cv-screening-prod", version: "2026.05.01", decisionClassification: "automated_decision" });
 */
export function createRecorder(options: CreateRecorderOptions): Recorder {
  const {
    baseUrl,
    apiKey,
    systemId,
    payloadKey,
    payloadKeyId,
    keys,
    sink,
    timeoutMs,
    dispatcher,
    fetch,
    ...rest
  } = options;
  return new Recorder({
    ...rest,
    systemId:
      systemId ??
      required("systemId", "COMPLIANCEGUARD_SYSTEM_ID", "the system as registered on the platform"),
    keys: keysOf({ payloadKey, payloadKeyId, keys }),
    sink:
      sink ??
      ownDirectSink({
        baseUrl: baseUrl ?? required("baseUrl", "COMPLIANCEGUARD_BASE_URL", "the platform's address"),
        apiKey: apiKey ?? required("apiKey", "COMPLIANCEGUARD_API_KEY", "a key with the scope events:write"),
        timeoutMs,
        dispatcher,
        fetch,
      }),
  });
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
