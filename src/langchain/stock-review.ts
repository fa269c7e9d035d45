import { isDeepStrictEqual } from "node:util";
import { boundedList } from "../recorder/bounded-list.ts";
import { isAnswer, isToolMessage } from "./messages.ts";
import { callsOf, type ProposedCall, proposedIn } from "./proposed-calls.ts";
import type { ResumedAnswers } from "./resumed-answers.ts";
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
  /** What a rejection tells the model. */
  readonly message?: string | undefined;
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
  decided(answers: ResumedAnswers, outputs: unknown): readonly StockDecision[] {
    const outcome = outcomeOf(outputs);
    return answers.take((given) => {
      const asked = this.#asked(given.length, outcome);
      if (asked.length !== given.length) return undefined;
      const decisions = asked.map((call, index) => decisionOf(call, given[index]));
      return { decisions, explainsOutcome: decisions.every((each) => explains(each, outcome)) };
    });
  }

  /** The calls that did not run because another one was rejected, approved or not. */
  dropped(outputs: unknown): ProposedCall[] {
    const { rejected } = outcomeOf(outputs);
    return rejected.size === 0 ? [] : this.#calls.filter(({ id }) => !rejected.has(id));
  }

  /** Which calls were asked about: the middleware puts those it let pass by itself first, and drops decided ones after a rejection. */
  #asked(count: number, { kept, rejected }: Outcome): readonly ProposedCall[] {
    const keptIds = kept.map(({ id }) => id);
    const decided = new Set(keptIds.slice(-count));
    const isAsked =
      rejected.size > 0
        ? (id: string) => rejected.has(id) || !keptIds.includes(id)
        : (id: string) => decided.has(id);
    return this.#calls.filter(({ id }) => isAsked(id));
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

/** What the middleware made of the calls: those that go on, and what the model is told of the rejected ones, by their ids. */
interface Outcome {
  readonly kept: readonly ProposedCall[];
  readonly rejected: ReadonlyMap<string, unknown>;
}

function outcomeOf(outputs: unknown): Outcome {
  const messages = boundedList(shapeOf<"messages">(outputs)?.messages);
  const rejections = messages.filter(isToolMessage);
  return {
    kept: callsOf(messages.find(isAnswer)),
    rejected: new Map(rejections.map(({ tool_call_id: id, content }) => [idOf(id), content])),
  };
}

/** Whether what became of a call can have come of this decision. */
function explains({ call, type, edited, message }: StockDecision, { kept, rejected }: Outcome): boolean {
  if (type === "reject")
    return rejected.has(call.id) && (message ?? rejected.get(call.id)) === rejected.get(call.id);
  const left = kept.find(({ id }) => id === call.id);
  if (!left) return rejected.size > 0 && !rejected.has(call.id);
  const { name, args } = edited ?? call;
  return left.name === name && isDeepStrictEqual(left.args, args);
}

function decisionOf(call: ProposedCall, value: unknown): StockDecision {
  const decision = shapeOf<"type" | "editedAction" | "message" | "reason" | "reviewerId">(value);
  const edited = shapeOf<"name" | "args">(decision?.editedAction);
  const type = decision?.type === "edit" || decision?.type === "reject" ? decision.type : "approve";
  return {
    call,
    type,
    edited: type === "edit" ? { name: idOf(edited?.name), args: edited?.args } : undefined,
    message: textOf(decision?.message),
    reason: textOf(decision?.reason) ?? textOf(decision?.message),
    reviewerId: textOf(decision?.reviewerId),
  };
}
