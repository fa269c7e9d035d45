import { ComplianceGuardError } from "../core/errors.ts";

/** Where the platform is: `origin` as in a URL, `pathPrefix` empty or like `/guard`, never with a slash at its end. */
export interface BaseUrl {
  readonly origin: string;
  readonly pathPrefix: string;
}

/**
 * Takes a base URL apart. It is judged, and later connected to, as the WHATWG URL standard reads it, so that
 * `http://2130706433` is `127.0.0.1` for both.
 *
 * `https` is accepted to any host. Plain `http` would show the API key to the network, so it is accepted to this
 * machine only: `localhost`, 127.0.0.0/8 and `[::1]`. No error shows the URL: it may hold a password.
 * @throws {ComplianceGuardError} `invalid_option` for anything else, and for user info, a query or a fragment.
 */
export function parseBaseUrl(text: string): BaseUrl {
  if (typeof text !== "string" || text === "") {
    throw refused("is empty: give the platform's address, e.g. https://api.example.com");
  }
  if (/[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) {
    throw refused("is not a URL: give the platform's address, e.g. https://api.example.com");
  }
  const url = new URL(text);
  // The parsed URL cannot tell `https://@host` from `https://host`, nor an empty query from none.
  if (/^[^/]*\/\/[^/?#]*@/.test(text)) {
    throw refused("holds user info before an @: give the API key as apiKey and only the address here");
  }
  if (/[?#]/.test(text)) throw refused("holds a query or a fragment: end it after the path");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refused(`has the scheme ${url.protocol.slice(0, -1)}: use https`);
  }
  if (url.protocol === "http:" && !isThisMachine(url.hostname)) {
    throw refused(
      "uses http, which shows the API key to everyone on the way: use https (http is for localhost, 127.0.0.0/8 and [::1])",
    );
  }
  return { origin: url.origin, pathPrefix: url.pathname.replace(/\/+$/, "") };
}

/** `hostname` as the URL parser gives it: lower case, and every spelling of an IPv4 address as four decimal numbers. */
function isThisMachine(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function refused(trouble: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_option", `baseUrl ${trouble}`);
}
