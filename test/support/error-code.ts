import { isComplianceGuardError } from "../../src/core/errors.ts";

/** The code of what `action` throws or rejects with, or `"nothing thrown"`. Errors that are not this package's come through. */
export async function codeOf(action: () => unknown): Promise<string> {
  return (await caught(action))?.code ?? "nothing thrown";
}

/** The error of this package that `action` throws or rejects with; undefined where it succeeds. */
export async function caught(
  action: () => unknown,
): Promise<(Error & { readonly code: string }) | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (isComplianceGuardError(error)) return error;
    throw error;
  }
}
