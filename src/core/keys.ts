import { createSecretKey, KeyObject, randomBytes } from "node:crypto";
import { decodeBase64Url } from "./base64url.ts";
import { ComplianceGuardError, KeyErasedError } from "./errors.ts";

/** A key as users hold it: 32 bytes, their base64url, base64 or hex text, or a secret KeyObject. */
export type KeyMaterial = Uint8Array | string | KeyObject;

/** The key that seals one event's payload, and the name under which whoever opens it asks for it. */
export interface PayloadKey {
  /** Sent opaquely, in clear. */
  readonly keyId: string;
  readonly key: KeyObject;
}

/** What a provider may choose a key by: known when a run starts. */
export interface KeyRequest {
  readonly eventId: string;
  readonly systemId: string;
  readonly occurredAtUtc?: string | undefined;
  readonly dataSubjects?: readonly string[] | undefined;
}

/**
 * Where payload keys come from: one for all, one a data subject, or one a day from a key management service. Forgetting a
 * key erases every payload sealed under it, and with it what blinded references could be guessed from.
 */
export interface KeyProvider {
  /** The key for a new event. Asked once, when its run starts. */
  forEncryption(event: KeyRequest): ProvidedKey | Promise<ProvidedKey>;
  /** The key of that id, or undefined where it was erased or never known. */
  forDecryption(keyId: string): KeyMaterial | undefined | Promise<KeyMaterial | undefined>;
}

/** What a provider answers: the key may still be bytes or text. */
export interface ProvidedKey {
  readonly keyId: string;
  readonly key: KeyMaterial;
}

/**
 * The key as a KeyObject, which no inspection, log or JSON shows. Text is base64url or base64 of 32 bytes or 64 hex digits,
 * as environment variables and key files have it; white space around it is dropped.
 * @param field The option's name, for the error.
 * @throws {ComplianceGuardError} `invalid_payload_key` where it is not exactly 32 bytes. The message never holds the key.
 */
export function payloadKey(material: KeyMaterial, field = "payloadKey"): KeyObject {
  if (material instanceof KeyObject) return secretOf32Bytes(material, field);
  const bytes = typeof material === "string" ? decodeKeyText(material) : material;
  if (!(bytes instanceof Uint8Array)) {
    throw invalidKey(field, "must be 32 bytes, their base64url or hex text, or a secret KeyObject");
  }
  if (bytes.length !== 32) throw invalidKey(field, `must be 32 bytes, got ${bytes.length}`);
  return createSecretKey(bytes);
}

/** The simplest provider: the same key for every event. */
export function fixedKey(material: KeyMaterial, keyId: string): KeyProvider {
  const pair = pairOf({ key: material, keyId });
  return {
    forEncryption: () => pair,
    forDecryption: (wanted) => (wanted === pair.keyId ? pair.key : undefined),
  };
}

/** A new random key as base64url text: what `complianceguard key` prints. */
export function generateKey(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * The provider that the options `payloadKey` with `payloadKeyId`, or `keys`, ask for; undefined where none of them is given.
 * @throws {ComplianceGuardError} `invalid_option` where they do not fit together, `invalid_payload_key` for a bad key.
 */
export function keyProviderOf(options: {
  readonly payloadKey?: KeyMaterial | undefined;
  readonly payloadKeyId?: string | undefined;
  readonly keys?: KeyProvider | undefined;
}): KeyProvider | undefined {
  const { payloadKey: material, payloadKeyId, keys } = options;
  if (keys !== undefined && material !== undefined) {
    throw new ComplianceGuardError(
      "invalid_option",
      "give either keys or payloadKey with payloadKeyId, not both",
    );
  }
  if (keys !== undefined && !isKeyProvider(keys)) {
    throw new ComplianceGuardError(
      "invalid_option",
      "keys must have the functions forEncryption and forDecryption",
    );
  }
  if (material !== undefined) return fixedKey(material, payloadKeyId as string);
  // Someone who names a key means to seal: sending hashes only would lose the payloads in silence.
  if (payloadKeyId !== undefined) {
    throw new ComplianceGuardError(
      "invalid_option",
      "payloadKeyId needs payloadKey: give both, or neither and keys",
    );
  }
  return keys;
}

/**
 * The checked key for a new event: at once where the provider answers at once, else a promise.
 * @throws {ComplianceGuardError} `key_unavailable` where the provider fails, with its error as cause; `invalid_payload_key`
 * or `invalid_option` where it answers nonsense.
 */
export function encryptionKey(provider: KeyProvider, event: KeyRequest): PayloadKey | Promise<PayloadKey> {
  const provided = askForNewKey(provider, event);
  return isPromiseLike(provided) ? Promise.resolve(provided).then(pairOf, refuse) : pairOf(provided);
}

/**
 * The checked key of that id.
 * @throws {KeyErasedError} The provider knows no such key (any more).
 * @throws {ComplianceGuardError} `key_unavailable` where the provider fails, with its error as cause.
 */
export async function decryptionKey(provider: KeyProvider, keyId: string): Promise<KeyObject> {
  const material = await askForKey(provider, keyId).catch(refuse);
  if (material === undefined || material === null) throw new KeyErasedError(keyId);
  return payloadKey(material, `the key "${keyId}"`);
}

/** Whether the value is a provider and not a key. */
export function isKeyProvider(value: unknown): value is KeyProvider {
  return (
    typeof value === "object" &&
    value !== null &&
    "forEncryption" in value &&
    typeof value.forEncryption === "function" &&
    "forDecryption" in value &&
    typeof value.forDecryption === "function"
  );
}

function secretOf32Bytes(key: KeyObject, field: string): KeyObject {
  // A public or private key has no such size.
  if (key.symmetricKeySize === 32) return key;
  throw invalidKey(field, `must be 32 bytes, got ${key.symmetricKeySize ?? `a ${key.type} key`}`);
}

/** The bytes of a key's text, or undefined where it is neither hex nor base64 of either alphabet. */
function decodeKeyText(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, "hex");
  const unpadded = trimmed
    .replace(/={1,2}$/, "")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
  return decodeBase64Url(unpadded);
}

function invalidKey(field: string, problem: string): ComplianceGuardError {
  return new ComplianceGuardError(
    "invalid_payload_key",
    `${field} ${problem}: make one with "complianceguard key"`,
  );
}

function pairOf(provided: ProvidedKey): PayloadKey {
  const { keyId, key } = provided ?? {};
  if (typeof keyId !== "string" || keyId === "") {
    throw new ComplianceGuardError(
      "invalid_option",
      "payloadKey needs payloadKeyId, a non-empty text sent with each event",
    );
  }
  return { keyId, key: payloadKey(key) };
}

function askForNewKey(provider: KeyProvider, event: KeyRequest): ProvidedKey | Promise<ProvidedKey> {
  try {
    return provider.forEncryption(event);
  } catch (cause) {
    return refuse(cause);
  }
}

async function askForKey(provider: KeyProvider, keyId: string): Promise<KeyMaterial | undefined> {
  return provider.forDecryption(keyId);
}

function refuse(cause: unknown): never {
  throw new ComplianceGuardError("key_unavailable", "the key provider failed: see the cause", { cause });
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
