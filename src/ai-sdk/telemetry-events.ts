import { boundedList } from "../recorder/bounded-list.ts";
import { valueComponent } from "../recorder/neutral-form.ts";
import { NOT_SHOWN } from "../recorder/not-shown.ts";
import { frameworkVersion } from "./call-settings.ts";
import { readPrompt } from "./prompt.ts";
import { member, namesOf, textMember } from "./unknown-shape.ts";

/** The messages a call or a step was given; undefined where the call's `recordInputs: false` has blanked them. */
export function givenMessages(event: unknown): readonly unknown[] | undefined {
  const prompt = boundedList(member(event, "promptMessages"));
  if (prompt.length > 0) return prompt;
  const messages = boundedList(member(event, "messages"));
  if (messages.length === 0 && member(event, "recordInputs") === false) return undefined;
  return [...instructionsOf(event), ...messages];
}

/** The messages that came of a call or a step; undefined where its `recordOutputs: false` has blanked them. */
export function givenAnswer(event: unknown): readonly unknown[] | undefined {
  const response = boundedList(
    member(event, "responseMessages") ?? member(member(event, "response"), "messages"),
  );
  return response.length === 0 && member(event, "recordOutputs") === false ? undefined : response;
}

/** The component of a run that is no model's: messages in the neutral form, or the mark of what is not shown. */
export function messagesComponent(messages: readonly unknown[] | undefined): unknown {
  return messages ? valueComponent({ messages: readPrompt(messages).input.messages }) : NOT_SHOWN;
}

/** What a tool was given: undefined is blanked only where the call says so, else no arguments. */
export function isToolInputShown(event: unknown): boolean {
  return member(event, "recordInputs") !== false || member(member(event, "toolCall"), "input") !== undefined;
}

/** The error of an event; the mark of what is not shown where the framework has put its own in place of it. */
export function givenError(event: unknown, error: unknown): unknown {
  const isBlankable = member(event, "recordInputs") === false || member(event, "recordOutputs") === false;
  const isBlanked = error === undefined || textMember(error, "message") === "AI SDK operation failed";
  return isBlankable && isBlanked ? NOT_SHOWN : error;
}

/** The names of the tools that a call was given. */
export function toolNames(event: unknown): readonly string[] {
  const tools = member(event, "tools");
  return Array.isArray(tools) ? [] : namesOf(tools);
}

/** The framework's version, as its events or its user agent say. */
export function versionOf(event: unknown): string | undefined {
  return textMember(event, "aiVersion") ?? frameworkVersion(event);
}

function instructionsOf(event: unknown): readonly unknown[] {
  const instructions = member(event, "instructions") ?? member(event, "system");
  if (typeof instructions === "string") return [{ role: "system", content: instructions }];
  if (Array.isArray(instructions)) return boundedList(instructions);
  return instructions === undefined || instructions === null ? [] : [instructions];
}
