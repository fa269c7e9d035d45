import type { RecordedComponent } from "./event-writer.ts";
import type { MetadataDraft } from "./metadata.ts";
import { type NeutralMessage, parsedToolInput, proposedCalls } from "./neutral-form.ts";
import { isNotShown } from "./not-shown.ts";
import type { RunStart } from "./run.ts";
import type { KnownCall, ProposalOf, ProposedCall } from "./tool-call-memory.ts";
import { captureReference } from "./total-capture.ts";

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
export function isModified(content: unknown, input: RecordedComponent, call: KnownCall | undefined): boolean {
  if (!call || call.proposals === "" || isNotShown(content)) return false;
  return !call.proposals.includes(input.reference);
}

/** Names what a model proposed: the reference of the input that a run of just this has. */
export function proposalOf({ name, arguments: proposed }: ProposedCall): string {
  return captureReference(parsedToolInput(name, proposed)).component.reference;
}

/** What a starting run says that was proposed under an id: a tool run by its input, a model run by the conversation it carries. */
export function proposalIn({ kind, input }: RunStart): ProposalOf {
  return (toolCallId) => {
    try {
      const content = input();
      if (kind === "tool") return captureReference(content).component.reference;
      const { messages } = content as { readonly messages: readonly NeutralMessage[] };
      const call = proposedCalls(messages).findLast(({ id }) => id === toolCallId);
      return call && proposalOf(call);
    } catch {
      // Something hostile, or no conversation: the run then belongs to no call.
      return undefined;
    }
  };
}
