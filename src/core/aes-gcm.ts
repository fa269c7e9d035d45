import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { ComplianceGuardError } from "./errors.ts";

/** Bytes of a nonce. */
export const NONCE_BYTES = 12;

/** Bytes of the tag at the end of what is sealed. Always named to Node, which takes tags of four bytes otherwise. */
const TAG_BYTES = 16;

/**
 * AES-256-GCM (NIST SP 800-38D): the ciphertext with its tag appended.
 * @param data Bytes, or text whose UTF-8 is meant.
 * @param nonce 12 bytes, never used twice with the same key.
 * @throws {ComplianceGuardError} `invalid_argument` for a nonce of another length.
 */
export function sealBytes(
  key: KeyObject,
  nonce: Uint8Array,
  aad: Uint8Array,
  data: string | Uint8Array,
): Buffer {
  if (nonce.length !== NONCE_BYTES) {
    throw new ComplianceGuardError(
      "invalid_argument",
      `nonce must be ${NONCE_BYTES} bytes, got ${nonce.length}`,
    );
  }
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  const sealed = typeof data === "string" ? cipher.update(data, "utf8") : cipher.update(data);
  // In this mode nothing is left for the end but the tag.
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

/**
 * Opens what {@link sealBytes} made.
 * @throws {ComplianceGuardError} `decryption_failed` where the key is another one or a bit of nonce, AAD, ciphertext or tag
 * differs from what was sealed. Nothing of the plaintext leaves before the tag is checked.
 */
export function openBytes(key: KeyObject, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer {
  if (nonce.length !== NONCE_BYTES)
    throw refused(`the nonce has ${nonce.length} bytes instead of ${NONCE_BYTES}`);
  if (sealed.length < TAG_BYTES) throw refused(`the ciphertext is shorter than its ${TAG_BYTES}-byte tag`);
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(end));
  const data = decipher.update(sealed.subarray(0, end));
  try {
    return Buffer.concat([data, decipher.final()]);
  } catch {
    throw refused("this is not the key it was sealed with, or it was changed since");
  }
}

function refused(reason: string): ComplianceGuardError {
  return new ComplianceGuardError("decryption_failed", `the payload cannot be decrypted: ${reason}`);
}
