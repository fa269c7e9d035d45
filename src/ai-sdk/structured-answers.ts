import { sha256Hex } from "../core/digest.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import type { Answer } from "./answer.ts";
import { shared } from "./shared.ts";
import { member, textMember } from "./unknown-shape.ts";

/** A failure follows its answer at once; so many may be in between. */
const CAPACITY = 256;

/** An answer the framework is about to hold against a schema. No content: the text only by its hash. */
interface StructuredAnswer {
  readonly run: Run;
  /** Undefined where the provider gave none: the framework makes one up then. */
  readonly responseId: string | undefined;
  readonly textHash: string;
}

const kept = shared("structured-answers", () => new WeakMap<Recorder, Set<StructuredAnswer>>());

/** True where the answer is to be JSON, which the framework checks after the model has answered. */
export function expectsJson(params: unknown): boolean {
  return textMember(member(params, "responseFormat"), "type") === "json";
}

/** Remembers which run gave the answer, for the last 256 of a recorder. */
export function keepStructuredAnswer(recorder: Recorder, run: Run, answer: Answer): void {
  const answers = kept.get(recorder) ?? new Set<StructuredAnswer>();
  kept.set(recorder, answers);
  const responseId = textMember(answer.response, "id");
  answers.add({ run, responseId, textHash: sha256Hex(textOf(answer)) });
  const [oldest] = answers;
  if (oldest && answers.size > CAPACITY) answers.delete(oldest);
}

/**
 * The run whose answer had the provider's id of it, else the text where there was no id. The text also decides between answers
 * of one id; where nothing does, the run is not known.
 */
export function runOfStructuredAnswer(
  recorder: Recorder,
  wanted: { readonly responseId: string | undefined; readonly text: string },
): Run | undefined {
  const answers = [...(kept.get(recorder) ?? [])].reverse();
  const textHash = sha256Hex(wanted.text);
  const hasText = (answer: StructuredAnswer): boolean => answer.textHash === textHash;
  const ofId =
    wanted.responseId === undefined ? [] : answers.filter((each) => each.responseId === wanted.responseId);
  if (ofId.length === 1) return ofId[0]?.run;
  const candidates = ofId.length > 0 ? ofId : answers.filter(({ responseId }) => responseId === undefined);
  return candidates.find(hasText)?.run;
}

function textOf({ content, structuredOutputText }: Answer): string {
  if (typeof structuredOutputText === "string") return structuredOutputText;
  return boundedList(content)
    .map((part) => (member(part, "type") === "text" ? (textMember(part, "text") ?? "") : ""))
    .join("");
}
