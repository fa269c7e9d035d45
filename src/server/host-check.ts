import type { MiddlewareHandler } from "hono";
import { refusal } from "./problem.ts";

/** Whether the name or address is this machine's own and nobody else's. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

/**
 * Answers 421 `misdirected_host` unless the request was meant for this server: by a loopback name, or by the name of the proxy in
 * front of it. A page of another site whose name was made to point at 127.0.0.1 (DNS rebinding) still sends its own name.
 * @param proxyOrigin Like `https://audit.example`.
 */
export function checkHost(proxyOrigin: string | undefined): MiddlewareHandler {
  const proxyHost = proxyOrigin === undefined ? undefined : new URL(proxyOrigin).host;
  let latestOwn: string | undefined;
  const isOwn = (authority: string): boolean => {
    // One client after another gives the same name.
    if (authority === latestOwn) return true;
    const url = URL.parse(`http://${authority}`);
    const isMeant = url !== null && (isLoopback(url.hostname) || authority.toLowerCase() === proxyHost);
    if (!isMeant || /[@/?#\\]/.test(authority)) return false;
    latestOwn = authority;
    return true;
  };
  return async (context, next) => {
    const { req: request } = context;
    const host = request.header("host");
    // A target in absolute form names a host beside the header: both must be ours.
    const isSame = host !== undefined && request.url.startsWith(`http://${host}/`);
    const target = isSame ? undefined : new URL(request.url).host;
    if (![host, target].filter((each) => each !== undefined).every(isOwn)) {
      throw refusal(421, "misdirected_host", "the Host header names another server than this one");
    }
    await next();
  };
}
