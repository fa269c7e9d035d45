import { boundedList } from "../recorder/bounded-list.ts";
import { type Shape, shapeOf } from "./shape.ts";

/** The messages of a graph's state or of an update to it: a list, or a member; of commands, what they update. */
export function messagesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value))
    return boundedList(value).flatMap((each) => (isCommand(each) ? messagesOf(each) : [each]));
  return isCommand(value) ? messagesOf(value.update) : boundedList(shapeOf<"messages">(value)?.messages);
}

/** True for a command to a graph. */
export function isCommand(value: unknown): value is Shape<"update" | "goto"> {
  return shapeOf<"lg_name">(value)?.lg_name === "Command";
}
