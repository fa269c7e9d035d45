import { isUuid, uuidOf } from "../core/uuid.ts";
import type { RunContext } from "./context.ts";
import { LinkedRun } from "./linked-run.ts";
import type { Run, RunStart } from "./run.ts";
import { proposalIn } from "./start-content.ts";
import { type KnownCall, type RootLinks, ToolCallMemory } from "./tool-call-memory.ts";

/** Where a run belongs. */
export interface Links {
  readonly runId: string;
  /** The nearest recorded ancestor. */
  readonly parentId: string | undefined;
  readonly root: RootLinks;
  readonly correlationId: string;
  readonly dataSubjects: readonly string[] | undefined;
  /** The proposal a tool run executes, or a model run carries the result of. */
  readonly call: KnownCall | undefined;
  readonly context: RunContext | undefined;
}

/** Ties each run to its parent, its root and its correlation, by handle, by context or by the tool calls it names. */
export class RunRegistry {
  readonly calls: ToolCallMemory = new ToolCallMemory();
  readonly #threadCorrelation: (threadId: string, start: RunStart) => string | undefined;

  constructor(threadCorrelation: (threadId: string, start: RunStart) => string | undefined) {
    this.#threadCorrelation = threadCorrelation;
  }

  /** Finds where a starting run belongs. `context` is what encloses it now. */
  resolve(start: RunStart, eventIdOf: () => string, context: RunContext | undefined): Links {
    const parent = start.parent && this.linksOf(start.parent);
    // A context opened inside the parent's run is nearer than the parent; the one around both is not.
    const inner = context === parent?.context ? undefined : context;
    const told = (start.correlationId ?? inner?.correlationId ?? parent?.correlationId)?.toWellFormed();
    const thread = told ?? (start.threadId ? this.#threadCorrelation(start.threadId, start) : undefined);
    const proposalOf = proposalIn(start);
    const call = start.toolCallId
      ? this.calls.get(start.toolCallId, thread, proposalOf)
      : this.calls.latestKnown(start.answeredToolCallIds ?? [], thread, proposalOf);
    const runId = idOf(start.runId, eventIdOf);
    const root = parent?.root ?? call?.root ?? { id: runId, modelId: undefined, declaredTools: noTools };
    declare(root, start.declaredTools ?? []);
    return {
      runId,
      parentId: start.parent?.isRecorded ? parent?.runId : parent?.parentId,
      root,
      correlationId: told ?? call?.correlationId ?? thread ?? root.id,
      dataSubjects: start.dataSubjects ?? inner?.dataSubjects ?? parent?.dataSubjects,
      call,
      context,
    };
  }

  /** Where a run belongs that somebody nearer to it tells again: where it did, with the labels and names told now. */
  refine(start: RunStart, known: Links): Links {
    declare(known.root, start.declaredTools ?? []);
    return {
      ...known,
      correlationId: start.correlationId?.toWellFormed() ?? known.correlationId,
      dataSubjects: start.dataSubjects ?? known.dataSubjects,
    };
  }

  /** Makes a run findable as a parent. */
  attach(run: LinkedRun, links: Links): void {
    LinkedRun.link(run, this, links);
  }

  linksOf(run: Run): Links | undefined {
    return LinkedRun.linksOf(run, this);
  }
}

/** Shared by all roots: thousands of calls remember theirs, and most declare nothing new. */
const noTools: ReadonlySet<string> = new Set();

function declare(root: RootLinks, names: readonly string[]): void {
  const added = names.filter((name) => !root.declaredTools.has(name));
  if (added.length > 0) root.declaredTools = new Set([...root.declaredTools, ...added]);
}

/** A framework lets its users choose run ids, so one that is no UUID may be content. */
function idOf(runId: string | undefined, eventIdOf: () => string): string {
  if (runId === undefined) return eventIdOf();
  return isUuid(runId) ? runId : uuidOf(runId);
}
