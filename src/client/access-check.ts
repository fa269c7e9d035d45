import { newEventId } from "../core/uuid.ts";
import type { ComplianceGuardClient } from "./client.ts";
import { problemCodeOf, statusOf } from "./retry.ts";

/**
 * Fails early where the platform cannot be reached or does not know the API key. It writes nothing: it asks for an event
 * that cannot exist, to which a platform that knows the key answers 404, or, where the key may write but not read, 403
 * with the code `insufficient_scope` or `missing_scope`. That the key may write is known with the first event only.
 * @throws {ApiError} 401 for a wrong key; any other refusal.
 * @throws {ComplianceGuardError} `network_error`, `timeout` and the like, as of any call.
 */
export async function checkAccess(client: Pick<ComplianceGuardClient, "getEvent">): Promise<void> {
  try {
    await client.getEvent(newEventId());
  } catch (error) {
    if (!isUsable(error)) throw error;
  }
}

function isUsable(error: unknown): boolean {
  const lacksScope = /^(insufficient|missing)_scope$/.test(problemCodeOf(error) ?? "");
  return statusOf(error) === 404 || (statusOf(error) === 403 && lacksScope);
}
