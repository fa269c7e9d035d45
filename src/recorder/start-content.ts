import type { MetadataDraft } from "./metadata.ts";
import { isNotShown } from "./not-shown.ts";
import type { RunStart } from "./run.ts";
import type { KnownCall } from "./tool-call-memory.ts";
import { captureComponent } from "./total-capture.ts";

/** The content of the start. An adapter that fails here has met something hostile: the event goes on without it. */
export function contentOf(start: RunStart, metadata: MetadataDraft): unknown {
  try {
    metadata.add(start.metadata?.());
    return start.input();
  } catch {
    metadata.countRepairs(1);
    return { unrepresentable: "input" };
  }
}

/** Whether what runs is not what the model proposed: another tool, or other arguments. */
export function isModified(content: unknown, call: KnownCall | undefined): boolean {
  if (call?.argumentsReference === undefined || isNotShown(content)) return false;
  try {
    const { name, arguments: executed } = content as {
      readonly name?: unknown;
      readonly arguments?: unknown;
    };
    return name !== call.name || captureComponent(executed).component.reference !== call.argumentsReference;
  } catch {
    return true;
  }
}
