import type { Recorder } from "../recorder/recorder.ts";
import type { ProposedCall } from "../recorder/tool-call-memory.ts";
import { shared } from "./shared.ts";

/** Such calls are rare and answered at once: more would only hold content for nothing. */
const CAPACITY = 100;

const kept = shared("unparsed-arguments", () => new WeakMap<Recorder, Map<string, string>>());

/**
 * Remembers the arguments among `calls` that are text because they did not parse: ai 6 and 7 show the model `{}` in their place
 * from then on, so that nothing else tells what it wrote. The oldest are forgotten first.
 */
export function keepUnparsedArguments(recorder: Recorder, calls: readonly ProposedCall[]): void {
  for (const { id, arguments: proposed } of calls) {
    if (typeof proposed !== "string") continue;
    const texts = kept.get(recorder) ?? new Map<string, string>();
    kept.set(recorder, texts);
    texts.set(id, proposed);
    const [oldest] = texts.keys();
    if (texts.size > CAPACITY && oldest !== undefined) texts.delete(oldest);
  }
}

/** The arguments as the model wrote them, where they are known not to have parsed. Forgets them: a call is answered once. */
export function takeUnparsedArguments(recorder: Recorder, toolCallId: string): string | undefined {
  const texts = kept.get(recorder);
  const proposed = texts?.get(toolCallId);
  texts?.delete(toolCallId);
  return proposed;
}
