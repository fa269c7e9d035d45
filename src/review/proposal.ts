import { UNKNOWN_TOOL } from "../recorder/names.ts";
import { NeutralConversation, parsedToolInput, valueComponent } from "../recorder/neutral-form.ts";
import { captureComponent } from "../recorder/total-capture.ts";

/** What an adapter puts up for review. */
export interface Proposal {
  readonly kind: "tool_call" | "output";
  /** The tool's name, of a tool call. */
  readonly name?: string | undefined;
  /** The arguments of the tool call, or the answer. Copied at once; what is approved is the copy. */
  readonly proposed: unknown;
  readonly question?: string | undefined;
  readonly context?: unknown;
  /** Who wrote the question and the context. */
  readonly askedBy: "model" | "application";
  /** The call that proposes it: it leads to the decision under review. */
  readonly toolCallId?: string | undefined;
  /** The correlation id of the decision under review. @default that of the call, else of the context, else the request's id */
  readonly correlationId?: string | undefined;
  /** The event of the decision under review. @default that of the call */
  readonly reviewedEventId?: string | undefined;
  /** Aborts when the call that waits is given up. */
  readonly signal?: AbortSignal | undefined;
  /** Checks what a reviewer edited, and gives what is to be run. Without it an edit is run as it is. */
  readonly accept?: ((final: unknown) => Promise<Acceptance>) | undefined;
}

/** What became of an edited proposal: the value to run, or what is wrong with it, for the reviewer's eyes. */
export type Acceptance = { readonly value: unknown } | { readonly problem: string };

/** A proposal as it was when its review began. */
export interface Snapshot {
  /** A copy in JSON, frozen: what is shown. */
  readonly shown: unknown;
  /** What runs when it is approved: nobody else holds it. */
  readonly runnable: unknown;
  /** Its component, as the run or the answer under review has it. */
  readonly component: unknown;
  readonly reference: string;
  /** False where it cannot be shown exactly as it would run: functions, bytes, cycles, all that JSON does not hold. */
  readonly isExact: boolean;
}

/** Copies what is proposed. Never throws. */
export function takeSnapshot(proposal: Pick<Proposal, "kind" | "name" | "proposed">): Snapshot {
  const runnable = copyOf(proposal.proposed);
  const component = proposedComponent(proposal, runnable);
  const { component: encoded, repairs } = captureComponent(component);
  return {
    shown: shownCopy(runnable),
    runnable,
    component: JSON.parse(encoded.text),
    reference: encoded.reference,
    isExact: repairs === 0,
  };
}

/**
 * The component that stands for a proposal: of a tool call the input of its run, of a text answer the output of the model
 * call that gives it, of any other answer the value an agent returns.
 */
export function proposedComponent({ kind, name }: Pick<Proposal, "kind" | "name">, value: unknown): unknown {
  if (kind === "tool_call") return parsedToolInput(name ?? UNKNOWN_TOOL, value);
  if (typeof value !== "string") return valueComponent(value);
  const answer = new NeutralConversation();
  answer.add("assistant", [{ type: "text", text: value }]);
  return answer.component();
}

/** A copy in JSON, frozen: what a reviewer is given. */
export function shownCopy(value: unknown): unknown {
  const holder = JSON.parse(captureComponent({ shown: value }).component.text, exactInteger) as {
    readonly shown?: unknown;
  };
  return frozen(holder.shown);
}

/** A structured clone keeps dates and other values that a schema made of the model's JSON. */
function copyOf(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    // Capturing the symbol counts as a repair, so the proposal is refused.
    return Symbol("not cloneable");
  }
}

/** A BigInt is shown by its digits, as text where a number would round them. */
function exactInteger(this: unknown, _key: string, value: unknown, ...rest: readonly unknown[]): unknown {
  const { source } = (rest[0] ?? {}) as { readonly source?: string };
  return typeof value === "number" && source && /^-?\d+$/.test(source) && String(value) !== source
    ? source
    : value;
}

function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
