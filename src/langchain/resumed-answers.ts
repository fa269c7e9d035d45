import { isDeepStrictEqual } from "node:util";
import { boundedList } from "../recorder/bounded-list.ts";
import { copied } from "./proposed-calls.ts";
import { shapeOf } from "./shape.ts";

/** What a review makes of an answer, and whether what came of it can have come of that answer. */
export interface ReadAnswer<Decision> {
  readonly decisions: readonly Decision[];
  readonly explainsOutcome: boolean;
}

type Answer = readonly unknown[];

/**
 * The answers of a person that a graph is resumed with, each of them used once. Where several interrupts are answered at once
 * nothing in the callbacks says which answer is for which review: the outcome tells.
 */
export class ResumedAnswers {
  #answers: readonly Answer[];

  constructor(resume: unknown) {
    const byInterrupt = Object.values(shapeOf<string>(resume) ?? {});
    this.#answers = [resume, ...byInterrupt]
      .map((each) => shapeOf<"decisions" | "reviewerId">(each))
      .filter((each) => Array.isArray(each?.decisions))
      .map((each) => attributed(boundedList(each?.decisions), each?.reviewerId));
  }

  /** Takes the answer that explains what came of it, else the first that `read` makes something of. */
  take<Decision>(read: (answer: Answer) => ReadAnswer<Decision> | undefined): readonly Decision[] {
    const readable = this.#answers.filter((each) => read(each) !== undefined);
    const explaining = readable.filter((each) => read(each)?.explainsOutcome);
    const [taken = readable[0]] = explaining;
    if (!taken) return [];
    const isClear = explaining.every((each) => isDeepStrictEqual(each, taken));
    const left = this.#answers.filter((each) => each !== taken);
    this.#answers = isClear
      ? left
      : left.map((each) => (explaining.includes(each) ? unattributed(each) : each));
    return read(isClear ? taken : unattributed(taken))?.decisions ?? [];
  }
}

/** The answers a graph is resumed with, if it is. */
export function resumedAnswers(inputs: unknown): ResumedAnswers | undefined {
  const command = shapeOf<"lg_name" | "resume">(inputs);
  return command?.lg_name === "Command" && command.resume !== undefined
    ? new ResumedAnswers(command.resume)
    : undefined;
}

/** The answer as it is now, with who gave all of it. */
function attributed(decisions: Answer, reviewerId: unknown): Answer {
  if (reviewerId === undefined) return copied(decisions);
  return copied(decisions.map((each) => ({ reviewerId, ...shapeOf(each) })));
}

/** Of answers that nothing tells apart nobody knows who gave which, and why. */
function unattributed(answer: Answer): Answer {
  return answer.map((each) => {
    const { reviewerId: _, reason: __, ...decision } = shapeOf<"reviewerId" | "reason">(each) ?? {};
    return decision;
  });
}
