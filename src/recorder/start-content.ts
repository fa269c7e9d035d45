import type { MetadataDraft } from "./metadata.ts";
import { type NeutralMessage, proposedCalls } from "./neutral-form.ts";
import { isNotShown } from "./not-shown.ts";
import type { RunStart } from "./run.ts";
import type { KnownCall, ProposalOf } from "./tool-call-memory.ts";
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
  if (!call || call.proposals.size === 0 || isNotShown(content)) return false;
  const executed = executedProposal(content);
  return executed === undefined || !call.proposals.has(executed);
}

/** A name for a tool and its arguments: the same for equal ones, without holding them. */
export function proposalOf(name: unknown, args: unknown): string {
  return `${captureComponent(args).component.reference} ${String(name)}`;
}

/** What a starting run says that was proposed under an id: a tool run itself, a model run by the conversation it carries. */
export function proposalIn({ kind, input }: RunStart): ProposalOf {
  return (toolCallId) => {
    if (kind === "tool") return executedProposal(readInput(input));
    const { messages } = (readInput(input) ?? {}) as { readonly messages?: readonly NeutralMessage[] };
    const call = proposedCalls(messages ?? []).findLast(({ id }) => id === toolCallId);
    return call && proposalOf(call.name, call.arguments);
  };
}

function executedProposal(content: unknown): string | undefined {
  try {
    const { name, arguments: executed } = content as {
      readonly name?: unknown;
      readonly arguments?: unknown;
    };
    return proposalOf(name, executed);
  } catch {
    return undefined;
  }
}

/** Undefined where the adapter meets something hostile: the run then belongs to no call. */
function readInput(input: () => unknown): unknown {
  try {
    return input();
  } catch {
    return undefined;
  }
}
