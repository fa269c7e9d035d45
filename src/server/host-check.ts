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
  const isOwn = (authority: string): boolean => {
    const url = URL.canParse(`http://${authority}`) ? new URL(`http://${authority}`) : undefined;
    return url !== undefined && (isLoopback(url.hostname) || authority.toLowerCase() === proxyHost);
  };
  return async (context, next) => {
    const { req: request } = context;
    // A target in absolute form names a host beside the header: both must be ours.
    const authorities = [request.header("host"), new URL(request.url).host].filter(
      (each) => each !== undefined,
    );
    if (!authorities.every((authority) => !/[@/?#\\]/.test(authority) && isOwn(authority))) {
      throw refusal(421, "misdirected_host", "the Host header names another server than this one");
    }
    await next();
  };
}
