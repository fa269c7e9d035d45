import { isComplianceGuardError } from "../core/errors.ts";
import type { PlainTrouble } from "./messages.ts";
import type { Refusal } from "./record-store.ts";

// What the outbox tells of trouble that nobody awaits. Every message says what is kept and what to do.

/** The platform refused an event for good, or its bytes are not what was kept. */
export function refusalTrouble(eventId: string, { code, status, answer }: Refusal): PlainTrouble {
  const why = status === undefined ? answer : `status ${status}${code === "api_error" ? "" : `, ${code}`}`;
  return {
    code: code === "outbox_damaged" ? "outbox_damaged" : "delivery_refused",
    eventId,
    message: `The event is kept as a dead letter (${why}): see "complianceguard outbox dead-letters", then replay it`,
  };
}

/** The platform refuses everything for now. */
export function pauseTrouble(reason: string, cause: unknown): PlainTrouble {
  return {
    code: "delivery_paused",
    message: `Delivery pauses (${reason}), everything is kept: ${(cause as Error).message}`,
  };
}

/** Answers came from two environments. */
export const OTHER_ENVIRONMENT: PlainTrouble = {
  code: "delivery_paused",
  message:
    "The platform answered from another environment than before: delivery has stopped and everything is kept. Check the API key, and give each tenant an outbox name of its own",
};

/** @param count Events left by a process with another key. @param isPinned Whether answers have named their environment. */
export function heldTrouble(count: number, isPinned: boolean): PlainTrouble {
  const otherwise = isPinned
    ? ""
    : ', or by "complianceguard outbox deliver --other-key" if you know that they are';
  return {
    code: "delivery_paused",
    message: `${count} events of an earlier process wait for another API key and are kept: they go once an answer to an event of this key shows that both keys are of one environment${otherwise}`,
  };
}

/** @param path Where the file lies now. @param saved How many of its events go on, and how many stay there. */
export function asideTrouble(path: string, trouble: string, saved: number, altered: number): PlainTrouble {
  return {
    code: "outbox_damaged",
    message: `An outbox file was set aside as ${path}: ${trouble}. ${saved} events of it go on, ${altered} are not what was kept and stay there`,
  };
}

/** The key could not be had. It is asked for again. */
export function keyTrouble(error: unknown): PlainTrouble {
  const message = `Nothing is delivered without an API key, everything is kept: ${(error as Error).message}`;
  return { code: isComplianceGuardError(error) ? error.code : "key_unavailable", message };
}

/** What waits cannot be read, or the platform's answers cannot be written. */
export function diskTrouble(cause: unknown): PlainTrouble {
  return {
    code: isComplianceGuardError(cause) ? cause.code : "outbox_unusable",
    message: `Delivery waits for the outbox's disk, everything is kept: ${(cause as Error).message}`,
  };
}

/** What dead processes left could not be looked at: the whole directory, or one file. */
export function lookTrouble(cause: unknown): PlainTrouble {
  return {
    code: "outbox_unusable",
    message: `What an earlier process left in the outbox cannot be read now, is kept, and is tried again within a minute: ${(cause as Error).message}`,
  };
}
