import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

/**
 * A 32-byte key for one purpose, derived from a master key by HKDF-SHA-256 (RFC 5869) without salt. What is known of it
 * says nothing of the master key or of keys for other purposes.
 * @param purpose The `info` of RFC 5869, e.g. `complianceguard/blind/v1`.
 */
export function derivedKey(master: KeyObject, purpose: string): KeyObject {
  return createSecretKey(hkdf(master, "", purpose, 32));
}

/** HKDF-SHA-256 (RFC 5869): `length` bytes, at most 8,160. */
export function hkdf(
  master: KeyObject,
  salt: string | Uint8Array,
  info: string | Uint8Array,
  length: number,
): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", master, salt, info, length));
}

/** The first 16 bytes of HMAC-SHA-256 (RFC 2104), as base64url without padding: 22 characters. */
export function shortMac(key: KeyObject, text: string | Uint8Array): string {
  return createHmac("sha256", key).update(text).digest().subarray(0, 16).toString("base64url");
}
