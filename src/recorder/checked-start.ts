import { ComplianceGuardError } from "../core/errors.ts";
import { boundedList } from "./bounded-list.ts";
import { readCallerLabels, runLabels } from "./caller-labels.ts";
import type { RunKind, RunStart } from "./run.ts";

const kinds: Readonly<Record<RunKind, true>> = {
  model: true,
  tool: true,
  retriever: true,
  agent: true,
  chain: true,
  step: true,
  embeddings: true,
  rerank: true,
};

const texts = ["runId", "threadId", "framework", "frameworkVersion", "toolCallId"] as const;
const lists = ["declaredTools", "answeredToolCallIds"] as const;
const functions = ["input", "metadata"] as const;

/**
 * The start of a run without what is not of its type, so that one bad field costs no event. What is missing has no type.
 * @param onInvalid Hears of each field that is left out: of labels as `invalid_option`, else as `invalid_argument`.
 * @throws {ComplianceGuardError} `invalid_argument` where there is no such kind of run: nobody knows what it would be.
 */
export function checkedStart(start: RunStart, onInvalid: (error: ComplianceGuardError) => void): RunStart {
  if (typeof start !== "object" || start === null || !Object.hasOwn(kinds, start.kind)) {
    throw invalid(`recorder.start needs a kind, one of ${Object.keys(kinds).join(", ")}: it is not recorded`);
  }
  const without: Record<string, undefined> = {};
  let isWhole = runLabels.every((name) => start[name] === undefined);
  const require = (name: keyof RunStart, isValid: boolean, expected: string): void => {
    if (isValid) return;
    without[name] = undefined;
    isWhole = false;
    onInvalid(invalid(`recorder.start: ${name} must be ${expected}: it is left out of the event`));
  };
  for (const name of texts) {
    require(name, start[name] === undefined || typeof start[name] === "string", "text");
  }
  for (const name of lists)
    require(name, start[name] === undefined || isTexts(start[name]), "a list of texts");
  for (const name of functions) {
    const isAbsent = start[name] === undefined && name === "metadata";
    require(name, isAbsent || typeof start[name] === "function", "a function that gives it");
  }
  if (isWhole) return start;
  const labels = readCallerLabels(start, "recorder.start", onInvalid, runLabels);
  const { correlationId, dataSubjects, decisionClassification, metrics } = labels;
  return { ...start, ...without, correlationId, dataSubjects, decisionClassification, metrics };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && boundedList(value).every((item) => typeof item === "string");
}

function invalid(message: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_argument", message);
}
