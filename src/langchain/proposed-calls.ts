import { boundedList } from "../recorder/bounded-list.ts";
import { isAnswer } from "./messages.ts";
import { idOf, shapeOf } from "./shape.ts";

/** A tool call as a model proposed it, in an agent's messages. */
export interface ProposedCall {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
}

/** The calls of the latest answer among `messages`, copied: middlewares rewrite them where they stand. */
export function proposedIn(messages: unknown): ProposedCall[] {
  return callsOf(boundedList(messages).findLast(isAnswer));
}

/** The calls of one answer, copied. */
export function callsOf(answer: unknown): ProposedCall[] {
  return boundedList(shapeOf<"tool_calls">(answer)?.tool_calls).map((each) => {
    const call = shapeOf<"id" | "name" | "args">(each);
    return { id: idOf(call?.id), name: idOf(call?.name), args: copied(call?.args) };
  });
}

/** A copy that nobody else can change; what cannot be copied is left as it is. */
export function copied<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}
