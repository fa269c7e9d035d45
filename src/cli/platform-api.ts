import { parseBaseUrl } from "../client/base-url.ts";
import { ComplianceGuardError } from "../core/errors.ts";
import { UsageError } from "./command.ts";

/** How commands that talk to a platform are told which. Part of their help. */
export const PLATFORM_HELP = `  --url URL      the platform's address, else COMPLIANCEGUARD_BASE_URL
                 The API key comes from COMPLIANCEGUARD_API_KEY.`;

/** Asks a platform; gives the answer's JSON and throws `api_error` for anything but 2xx. */
export interface PlatformApi {
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
}

/**
 * The platform that `--url` or the environment name.
 * @throws {UsageError} Neither names one, or the key is missing.
 */
export function platformApi(url: string | undefined): PlatformApi {
  const address = url ?? process.env["COMPLIANCEGUARD_BASE_URL"];
  const apiKey = process.env["COMPLIANCEGUARD_API_KEY"];
  if (!address) throw new UsageError("which platform? Give --url or set COMPLIANCEGUARD_BASE_URL");
  if (!apiKey) throw new UsageError("set COMPLIANCEGUARD_API_KEY to the platform's API key");
  const { origin, pathPrefix } = parseBaseUrl(address);
  const ask = (path: string, init: RequestInit): Promise<unknown> =>
    exchange(`${origin}${pathPrefix}${path}`, { ...init, headers: { ...init.headers, "x-api-key": apiKey } });
  return {
    get: (path) => ask(path, {}),
    post: (path, body) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}

const TIMEOUT_MS = 60_000;

async function exchange(url: string, init: RequestInit): Promise<unknown> {
  const response = await send(url, init);
  const answer = parse(await response.text());
  if (response.ok && answer !== undefined) return answer;
  const { code, detail } = Object(answer) as { code?: unknown; detail?: unknown };
  throw new ComplianceGuardError(
    response.ok ? "invalid_answer" : "api_error",
    `the platform answered ${[response.status, code, detail].filter(Boolean).join(" ")}`,
  );
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    // A redirect would show the key to whoever it points at.
    return await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new ComplianceGuardError("network_error", `no answer from ${new URL(url).origin}: is it running?`, {
      cause,
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
