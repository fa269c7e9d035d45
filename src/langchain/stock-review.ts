import { isDeepStrictEqual } from "node:util";
import { boundedList } from "../recorder/bounded-list.ts";
import { isAnswer, isToolMessage } from "./messages.ts";
import { copied, type ProposedCall, proposedIn } from "./proposed-calls.ts";
import { idOf, shapeOf, textOf } from "./shape.ts";

/** A call that a person is asked about. */
export interface RequestedReview {
  readonly call: ProposedCall;
  readonly question: string | undefined;
  readonly allowedDecisions: readonly unknown[];
}

/** What a person decided about a call. `edited` is what runs instead. */
export interface StockDecision {
  readonly call: ProposedCall;
  readonly type: "approve" | "edit" | "reject";
  readonly edited?: { readonly name: string; readonly args: unknown } | undefined;
  /** Typed for the model or for the record: content. */
  readonly reason?: string | undefined;
  /** An extra member of the resume: whoever resumed says so. */
  readonly reviewerId?: string | undefined;
}

/**
 * One pass through the node of `humanInTheLoopMiddleware`. The middleware rewrites the proposal where it stands, so the
 * calls are copied when the node starts. Its requests name no call, and its decisions come by place alone.
 */
export class StockReview {
  /** Tells this review from others, in every pass and process: the task's place among the graph's checkpoints. */
  readonly place: string;
  readonly #calls: readonly ProposedCall[];

  constructor(inputs: unknown, place: string) {
    this.place = place;
    this.#calls = proposedIn(shapeOf<"messages">(inputs)?.messages);
  }

  /** What is asked by the interrupt that ended this pass. */
  requested(interrupt: unknown): RequestedReview[] {
    const left = [...this.#calls];
    return boundedList(shapeOf<"interrupts">(interrupt)?.interrupts).flatMap((each) => {
      const value = shapeOf<"value">(each)?.value;
      const { actionRequests, reviewConfigs } = shapeOf<"actionRequests" | "reviewConfigs">(value) ?? {};
      return boundedList(actionRequests).flatMap((action, index) => {
        const { name, args, description } = shapeOf<"name" | "args" | "description">(action) ?? {};
        const place = left.findIndex((call) => call.name === name && isDeepStrictEqual(call.args, args));
        const [call] = place < 0 ? [] : left.splice(place, 1);
        const config = shapeOf<"allowedDecisions">(boundedList(reviewConfigs)[index]);
        if (!call) return [];
        return [
          { call, question: textOf(description), allowedDecisions: boundedList(config?.allowedDecisions) },
        ];
      });
    });
  }

  /** What was decided by the answers this pass was resumed with, in the order of the calls. */
  decided(answers: ResumedAnswers, outputs: unknown): StockDecision[] {
    const { kept, rejected } = outcomeOf(outputs);
    return answers.take((decisions) => {
      const asked = this.#asked(decisions.length, kept, rejected);
      return asked.length === decisions.length
        ? asked.map((call, index) => decisionOf(call, decisions[index]))
        : undefined;
    });
  }

  /** The calls that did not run because another one was rejected, approved or not. */
  dropped(outputs: unknown): ProposedCall[] {
    const { rejected } = outcomeOf(outputs);
    return rejected.size === 0 ? [] : this.#calls.filter(({ id }) => !rejected.has(id));
  }

  /** Which calls were asked about: the middleware puts those it let pass by itself first, and drops decided ones after a rejection. */
  #asked(count: number, kept: readonly string[], rejected: ReadonlySet<string>): readonly ProposedCall[] {
    const decided = new Set(kept.slice(-count));
    const isAsked =
      rejected.size > 0
        ? (id: string) => rejected.has(id) || !kept.includes(id)
        : (id: string) => decided.has(id);
    return this.#calls.filter(({ id }) => isAsked(id));
  }
}

/** The answers of a person that a graph is resumed with, each of them used once. */
export class ResumedAnswers {
  readonly #answers: (readonly unknown[])[];

  constructor(resume: unknown) {
    const byInterrupt = Object.values(shapeOf<string>(resume) ?? {});
    this.#answers = [resume, ...byInterrupt]
      .map((each) => shapeOf<"decisions" | "reviewerId">(each))
      .filter((each) => Array.isArray(each?.decisions))
      .map((each) => attributed(boundedList(each?.decisions), each?.reviewerId));
  }

  /** Takes the first answer that `read` makes something of. */
  take(read: (decisions: readonly unknown[]) => StockDecision[] | undefined): StockDecision[] {
    for (const [index, answer] of this.#answers.entries()) {
      const decisions = read(answer);
      if (!decisions) continue;
      this.#answers.splice(index, 1);
      return decisions;
    }
    return [];
  }
}

/** The review that a step of a graph is, if it is the middleware's node. */
export function stockReview(inputs: unknown, metadata: unknown, runName: unknown): StockReview | undefined {
  const known = shapeOf<"langgraph_checkpoint_ns">(metadata);
  const place = textOf(known?.langgraph_checkpoint_ns);
  return runName === "HumanInTheLoopMiddleware.after_model" && place !== undefined
    ? new StockReview(inputs, place)
    : undefined;
}

/** The answers a graph is resumed with, if it is. */
export function resumedAnswers(inputs: unknown): ResumedAnswers | undefined {
  const command = shapeOf<"lg_name" | "resume">(inputs);
  return command?.lg_name === "Command" && command.resume !== undefined
    ? new ResumedAnswers(command.resume)
    : undefined;
}

function outcomeOf(outputs: unknown): { kept: readonly string[]; rejected: ReadonlySet<string> } {
  const messages = boundedList(shapeOf<"messages">(outputs)?.messages);
  const kept = boundedList(shapeOf<"tool_calls">(messages.find(isAnswer))?.tool_calls);
  const rejected = messages.filter(isToolMessage).map(({ tool_call_id: id }) => idOf(id));
  return { kept: kept.map((each) => idOf(shapeOf<"id">(each)?.id)), rejected: new Set(rejected) };
}

function decisionOf(call: ProposedCall, value: unknown): StockDecision {
  const decision = shapeOf<"type" | "editedAction" | "message" | "reason" | "reviewerId">(value);
  const edited = shapeOf<"name" | "args">(decision?.editedAction);
  const type = decision?.type === "edit" || decision?.type === "reject" ? decision.type : "approve";
  return {
    call,
    type,
    edited: type === "edit" ? { name: idOf(edited?.name), args: edited?.args } : undefined,
    reason: textOf(decision?.reason) ?? textOf(decision?.message),
    reviewerId: textOf(decision?.reviewerId),
  };
}

/** The answers as they are now, each with who gave all of them. */
function attributed(decisions: readonly unknown[], reviewerId: unknown): readonly unknown[] {
  if (reviewerId === undefined) return copied(decisions);
  return copied(decisions.map((each) => ({ reviewerId, ...shapeOf(each) })));
}
