import { timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { sha256 } from "../core/digest.ts";
import { ComplianceGuardError } from "../core/errors.ts";
import { refusal } from "./problem.ts";

/** What a key may do: send events, read events and chain and systems, register systems. */
export type Scope = "events:write" | "events:read" | "systems:write";

/** Every scope there is: what the first key has. */
export const ALL_SCOPES: readonly Scope[] = ["events:write", "events:read", "systems:write"];

/** A key as the server keeps it: never the key itself. */
export interface StoredKey {
  /** SHA-256 of the key. The key is 32 random bytes or a secret of the operator's, so a plain hash is enough. */
  readonly hash: Uint8Array;
  readonly scopes: readonly Scope[];
}

/** A new key: `cg_` and 32 random bytes in base64url. */
export function makeApiKey(random: (size: number) => Uint8Array): string {
  return `cg_${Buffer.from(random(32)).toString("base64url")}`;
}

/** The hash under which a key is kept. */
export function hashApiKey(key: string): Uint8Array {
  return sha256(key);
}

/**
 * Refuses a key that could be guessed or could not be sent in a header.
 * @throws {ComplianceGuardError} `invalid_option`, naming `field`.
 */
export function checkApiKey(key: string, field: string): void {
  if (!/^[\x21-\x7e]{16,256}$/.test(key)) {
    throw new ComplianceGuardError(
      "invalid_option",
      `${field} must be 16 to 256 visible ASCII characters: leave it out and the server makes one`,
    );
  }
}

/**
 * Lets a request pass whose `X-Api-Key` has the scope. Answers 401 `unauthorized` where the key is missing or unknown, 403
 * `insufficient_scope` where it may not do this.
 */
export function requireScope(keys: readonly StoredKey[], scope: Scope): MiddlewareHandler {
  let latest: { readonly presented: Buffer; readonly key: StoredKey } | undefined;
  return async (context, next) => {
    const presented = Buffer.from(context.req.header("x-api-key") ?? "", "latin1");
    // One client sends the same key again and again: to hash it takes ten times as long.
    const isLatest =
      latest?.presented.length === presented.length && timingSafeEqual(latest.presented, presented);
    const key = isLatest ? latest?.key : findKey(keys, presented);
    if (key) latest = { presented, key };
    if (!key) {
      throw refusal(401, "unauthorized", "X-Api-Key is missing or not a key of this server");
    }
    if (!key.scopes.includes(scope)) {
      throw refusal(403, "insufficient_scope", `this key lacks the scope ${scope}`, {
        members: { required_scope: scope },
      });
    }
    await next();
  };
}

/** Compares with every key, whether or not one has matched, so that time tells nothing. */
function findKey(keys: readonly StoredKey[], presented: Uint8Array): StoredKey | undefined {
  const hash = sha256(presented);
  let found: StoredKey | undefined;
  for (const key of keys) {
    if (timingSafeEqual(key.hash, hash)) found = key;
  }
  return found;
}
