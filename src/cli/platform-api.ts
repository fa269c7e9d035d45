import { apiKeyTrouble } from "../client/api-key.ts";
import { parseBaseUrl } from "../client/base-url.ts";
import { withinDeadline } from "../client/deadline.ts";
import { exchange } from "../client/http.ts";
import { pooledTransport } from "../client/undici-transport.ts";
import { ComplianceGuardError, isComplianceGuardError } from "../core/errors.ts";
import { UsageError } from "./command.ts";

/** How commands that talk to a platform are told which. Part of their help. */
export const PLATFORM_HELP = `  --url URL      the platform's address, else COMPLIANCEGUARD_BASE_URL
                 The API key comes from COMPLIANCEGUARD_API_KEY.`;

/** Asks a platform, and gives the answer's JSON. Throws what `exchange` of the client does; nothing shows the key. */
export interface PlatformApi {
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
}

/**
 * The platform that `--url` or the environment name.
 * @throws {UsageError} Neither names one, or the key is missing or cannot be one.
 */
export function platformApi(url: string | undefined): PlatformApi {
  const address = url ?? process.env["COMPLIANCEGUARD_BASE_URL"];
  const apiKey = process.env["COMPLIANCEGUARD_API_KEY"];
  if (!address) throw new UsageError("which platform? Give --url or set COMPLIANCEGUARD_BASE_URL");
  if (!apiKey) throw new UsageError("set COMPLIANCEGUARD_API_KEY to the platform's API key");
  const keyTrouble = apiKeyTrouble(apiKey);
  if (keyTrouble) throw new UsageError(`COMPLIANCEGUARD_API_KEY ${keyTrouble}`);
  const baseUrl = parseBaseUrl(address);
  const { origin } = baseUrl;
  const transport = pooledTransport(baseUrl, TIMEOUT_MS);
  const connection = { origin, apiKey, transport, clock: Date.now };
  const ask = async (method: "GET" | "POST", path: string, body?: Uint8Array): Promise<unknown> => {
    const request = { method, path, body, maxAnswerBytes: MAX_ANSWER_BYTES };
    try {
      return parse(
        await withinDeadline(TIMEOUT_MS, undefined, ({ signal }) => exchange(request, connection, signal)),
      );
    } catch (error) {
      throw isComplianceGuardError(error) && error.code === "network_error"
        ? notReached(origin, error)
        : error;
    }
  };
  return {
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, Buffer.from(JSON.stringify(body))),
  };
}

const TIMEOUT_MS = 60_000;
/** A page of the chain holds some megabytes of bodies. */
const MAX_ANSWER_BYTES = 2 ** 26;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw new ComplianceGuardError(
      "invalid_answer",
      "what answered is no ComplianceGuard platform: it gave no JSON",
    );
  }
}

/** Here nobody looks into a cause. */
function notReached(origin: string, error: Error): ComplianceGuardError {
  const { code, message } = error.cause as Error & { readonly code?: string };
  return new ComplianceGuardError(
    "network_error",
    `no complete answer from ${origin} (${code ?? message}): is it running?`,
    {
      cause: error,
    },
  );
}
