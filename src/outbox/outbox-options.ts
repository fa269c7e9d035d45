import type { ClientOptions } from "../client/client-options.ts";
import { ComplianceGuardError } from "../core/errors.ts";
import type { PlainTrouble } from "./messages.ts";

/**
 * How an outbox keeps and delivers. Recorders of one process with the same directory, platform, name and key share one outbox, and what
 * the first of them says of size, concurrency and transport holds for all.
 */
export interface OutboxOptions
  extends Pick<ClientOptions, "baseUrl" | "apiKey" | "timeoutMs" | "dispatcher" | "fetch"> {
  /** A directory on a local disk that outlives the process: containers need a volume. Made where it is missing. @default ".complianceguard" */
  readonly directory?: string | undefined;
  /** Tells outboxes of one platform apart: give each tenant its own. @default "default" */
  readonly name?: string | undefined;
  /** What is kept at most. Full, it refuses the new and keeps the old. Bytes of bodies. @default 1073741824 (1 GiB) */
  readonly maxBytes?: number | undefined;
  /** How many events are sent at once while many wait, 1 to 32; while few wait it is 8 at most. @default 32 */
  readonly concurrency?: number | undefined;
  /** Also sends what a process with another API key left before any answer named its environment. @default false */
  readonly acceptOtherKey?: boolean | undefined;
  /** Told of what nobody awaits: pauses, dead letters, files set aside. @default nobody */
  readonly onTrouble?: ((trouble: PlainTrouble) => void) | undefined;
}

/** @throws {ComplianceGuardError} `invalid_option`, naming field and remedy. The client checks its own. */
export function checkOutboxOptions({ directory, name, maxBytes, concurrency }: OutboxOptions): void {
  if (directory !== undefined && (typeof directory !== "string" || directory === "")) {
    throw refused("outbox.directory must name a directory");
  }
  if (name !== undefined && (typeof name !== "string" || !/^\P{Cc}{1,128}$/u.test(name))) {
    throw refused("outbox.name must be 1 to 128 characters without control characters");
  }
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes > 0)) {
    throw refused(`outbox.maxBytes must be a whole number from 1, got ${String(maxBytes)}`);
  }
  if (
    concurrency !== undefined &&
    !(Number.isSafeInteger(concurrency) && concurrency >= 1 && concurrency <= 32)
  ) {
    throw refused(`outbox.concurrency must be 1 to 32, got ${String(concurrency)}`);
  }
}

function refused(trouble: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_option", trouble);
}
