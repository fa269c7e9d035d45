import { setImmediate } from "node:timers/promises";
import { NeutralConversation } from "../recorder/neutral-form.ts";
import { present } from "../recorder/present.ts";
import { type RecorderOption, requireRecorder } from "./recorder-option.ts";
import { runOfStructuredAnswer } from "./structured-answers.ts";
import { member, textMember } from "./unknown-shape.ts";

/**
 * Records that the application could not use a model's answer, because it was no JSON or did not match the schema: one more
 * event about the same decision (`systemState.run.amends` names the model call's event, which stays a success). The framework
 * finds out after every middleware has returned, so hand over what it throws, or what `result.object` and `result.output`
 * reject with. The same failure handed over twice is recorded once.
 *
 * Resolves, when the event is kept, to true; to false where the error is no `NoObjectGeneratedError` of a model call of the last
 * 256 structured ones that the recorder saw. The event's input is the text that was checked, its output is empty.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder.
 * @example
 * const { object } = await generateObject({ model, schema, prompt }).catch(async (error) => {
 *   await recordOutputFailure(error, { recorder });
 *   throw error;
 * });
 */
export async function recordOutputFailure(error: unknown, options: RecorderOption): Promise<boolean> {
  const recorder = requireRecorder("recordOutputFailure", options);
  if (!isNoObject(error)) return false;
  const text = textMember(error, "text") ?? "";
  const response = member(error, "response");
  const responseId = textMember(response, "id");
  // A stream's answer is taken down one turn after its last part, which the failure may overtake.
  await setImmediate();
  const run = runOfStructuredAnswer(recorder, { responseId, text });
  if (!run) return false;
  const checked = new NeutralConversation();
  checked.add("assistant", [{ type: "text", text }]);
  await run.amend(error, {
    input: checked.component(),
    modelId: textMember(response, "modelId"),
    metadata: present({ response_id: responseId, cause: textMember(member(error, "cause"), "name") }),
  });
  return true;
}

/** Known by the framework's own mark, whichever copy and version of it was loaded. */
function isNoObject(error: unknown): boolean {
  return member(error, Symbol.for("vercel.ai.error.AI_NoObjectGeneratedError")) === true;
}
