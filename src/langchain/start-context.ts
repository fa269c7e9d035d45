import { ComplianceGuardError } from "../core/errors.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import { readCallerLabels, runLabels } from "../recorder/caller-labels.ts";
import type { RunStart } from "../recorder/run.ts";
import { idOf, type Shape, shapeOf, textOf } from "./shape.ts";

/** What every start callback is given beside the run's own content. */
export interface StartContext {
  readonly tags?: unknown;
  readonly metadata?: unknown;
  readonly runName?: unknown;
}

/** What tags and metadata say of a run: who it belongs to, which attempt it is. */
export type StartFacts = Pick<
  RunStart,
  | "framework"
  | "frameworkVersion"
  | "correlationId"
  | "threadId"
  | "dataSubjects"
  | "decisionClassification"
  | "metrics"
  | "attempt"
  | "refusedLabels"
>;

type KnownMetadata = Shape<"complianceguard" | "thread_id" | "versions">;

/**
 * Reads what the caller and the framework say of a run. `metadata.complianceguard` (`correlationId`, `dataSubjects`,
 * `decisionClassification`, `metrics`) is the caller's word, which LangChain hands down to every run below; `thread_id` is
 * LangGraph's conversation.
 */
export function startFacts({ tags, metadata }: StartContext): StartFacts {
  const known = shapeOf<keyof KnownMetadata>(metadata);
  const attempt = boundedList(tags)
    .map(attemptOf)
    .find((each) => each !== undefined);
  return {
    framework: "langchain",
    frameworkVersion: textOf(shapeOf<"@langchain/core">(known?.versions)?.["@langchain/core"]),
    threadId: textOf(idOf(known?.thread_id)),
    attempt,
    ...(known?.complianceguard !== undefined && labelsOf(known.complianceguard)),
  };
}

function labelsOf(source: unknown): Partial<StartFacts> {
  const errors: ComplianceGuardError[] = [];
  const labels = readCallerLabels(source, place, (error) => errors.push(error), runLabels);
  errors.push(...unknownLabels(source));
  return { ...labels, refusedLabels: errors.length > 0 ? { source, errors } : undefined };
}

const place = "metadata.complianceguard";

/** `reviewerId` is read where a person's answer resumes the graph. */
const knownLabels: ReadonlySet<string> = new Set([...runLabels, "reviewerId"]);

/** A misspelt label would silently do nothing. Its name may be anything, so it is not repeated. */
function unknownLabels(source: unknown): ComplianceGuardError[] {
  if (namesIn(source).every((name) => knownLabels.has(name))) return [];
  const known = [...knownLabels].join(", ");
  return [
    new ComplianceGuardError(
      "invalid_option",
      `${place} has members that are none of ${known}: they do nothing`,
    ),
  ];
}

function namesIn(source: unknown): readonly string[] {
  try {
    return Object.keys(shapeOf<string>(source) ?? {});
  } catch {
    return [];
  }
}

/** Tags, run name and metadata for the sealed component: the caller's own metadata apart from the framework's. */
export function startMetadata({ tags, metadata, runName }: StartContext): Record<string, unknown> {
  const all = Object.entries(shapeOf<string>(metadata) ?? {}).filter(([name]) => name !== "complianceguard");
  const isOfFramework = ([name]: [string, unknown]): boolean => frameworkNames.test(name);
  return {
    run_name: textOf(runName),
    tags: boundedList(tags).length > 0 ? tags : undefined,
    user: membersOf(all.filter((entry) => !isOfFramework(entry))),
    langchain: membersOf(all.filter(isOfFramework)),
  };
}

/** What LangChain and LangGraph put into metadata by themselves. */
const frameworkNames =
  /^(ls_|lc_|langgraph_|__pregel_|checkpoint_|thread_id$|run_id$|task_id$|assistant_id$|graph_id$|versions$)/;

/** `withRetry` tags the attempts after the first. */
function attemptOf(tag: unknown): number | undefined {
  const attempt = typeof tag === "string" ? /^retry:attempt:(\d+)$/.exec(tag)?.[1] : undefined;
  return attempt === undefined ? undefined : Number(attempt);
}

function membersOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> | undefined {
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
