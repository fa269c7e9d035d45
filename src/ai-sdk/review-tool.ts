import { types } from "node:util";
import type { Schema } from "ai";
import { ComplianceGuardError } from "../core/errors.ts";
import {
  type AgentReviewInput,
  agentReviewDescription,
  agentReviewSchema,
  checkedAgentInput,
  type HumanReviewToolOptions,
  prepareAgentReview,
} from "../review/agent-review.ts";
import type { ReviewResult } from "../review/outcome.ts";
import { reviewedModelOutput } from "./review-answer.ts";
import { type RequireHumanReviewToolOptions, ReviewGate } from "./review-gate.ts";
import { member } from "./unknown-shape.ts";

/** A tool with which an agent asks a person, for `tools: { human_review: … }`. */
export interface HumanReviewTool {
  readonly description: string;
  readonly inputSchema: Schema<AgentReviewInput>;
  readonly execute: (
    input: AgentReviewInput,
    options: { readonly toolCallId: string; readonly abortSignal?: AbortSignal | undefined },
  ) => Promise<ReviewResult>;
}

/**
 * A tool with which an agent asks a person to approve, edit, reject or answer what it proposes. Its result says what was
 * decided and holds the final output. The model knows it by the name it has in `tools`.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function humanReviewTool(options: Omit<HumanReviewToolOptions, "name">): HumanReviewTool {
  const review = prepareAgentReview(options);
  return {
    description: options.description ?? agentReviewDescription,
    inputSchema: inputSchema as unknown as Schema<AgentReviewInput>,
    execute: async (input, { toolCallId, abortSignal }) =>
      await review(input, { toolCallId, signal: abortSignal }),
  };
}

/**
 * The same tool, which runs only after a person's decision: with the input that was shown, or with the one the reviewer
 * edited and the tool's schema accepts. Schema and types stay. Where the tool does not run, its output is a
 * {@link ReviewAnswer} that says so, and the model gets `execution-denied` on ai 6 and 7, `error-text` on ai 5. `respond` is
 * allowed only where `allowedDecisions` says so: the answer then stands in for the tool's output.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy; `invalid_argument` for a tool without
 * `execute`, which runs where no review can stop it.
 */
export function requireHumanReview<T extends object>(tool: T, options: RequireHumanReviewToolOptions): T {
  const execute = executeOf(tool);
  const gate = new ReviewGate(tool, options);
  // A generator stays one: its outputs go out one by one.
  const reviewed: Execute = isAsyncGenerator(execute)
    ? async function* (...args) {
        const passed = await gate.pass(args);
        if ("answer" in passed) yield passed.answer;
        else yield* Reflect.apply(execute, tool, passed.args) as AsyncIterable<unknown>;
      }
    : async (...args) => {
        const passed = await gate.pass(args);
        return "answer" in passed
          ? passed.answer
          : await lastOutput(Reflect.apply(execute, tool, passed.args));
      };
  return Object.create(Object.getPrototypeOf(tool), {
    ...Object.getOwnPropertyDescriptors(tool),
    execute: ownMember(withMarkOf(execute, reviewed)),
    toModelOutput: ownMember(reviewedModelOutput(tool)),
  }) as T;
}

type Execute = (...args: readonly unknown[]) => unknown;

function executeOf(tool: object): Execute {
  const execute = member(tool, "execute");
  if (typeof execute === "function") return execute as Execute;
  throw new ComplianceGuardError(
    "invalid_argument",
    "requireHumanReview needs a tool with execute: tools that run at the client or the provider cannot wait for a review here",
  );
}

function isAsyncGenerator(execute: Execute): boolean {
  return types.isGeneratorFunction(execute) && types.isAsyncFunction(execute);
}

/** Whoever waits for a promise has no use for outputs on the way: the last one is the output. */
async function lastOutput(result: unknown): Promise<unknown> {
  const output = await result;
  if (typeof member(output, Symbol.asyncIterator) !== "function") return output;
  let last: unknown;
  for await (const each of output as AsyncIterable<unknown>) last = each;
  return last;
}

/** Where `recordTools` recorded the tool already, it recognises it around the review too. */
function withMarkOf(execute: Execute, reviewed: Execute): Execute {
  const recorder = member(execute, recordedBy);
  return recorder === undefined ? reviewed : Object.defineProperty(reviewed, recordedBy, { value: recorder });
}

const recordedBy = Symbol.for("complianceguard.recordedBy");

function ownMember(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}

const schemaMark = Symbol.for("vercel.ai.schema");
/** ai 5 looks for this one too before it validates. */
const validatorMark = Symbol.for("vercel.ai.validator");

/** What the framework's `jsonSchema()` makes, in each of its versions: importing it would tie us to one of them. */
const inputSchema = {
  [schemaMark]: true,
  [validatorMark]: true,
  _type: undefined,
  jsonSchema: agentReviewSchema,
  validate: (input: unknown) => {
    const checked = checkedAgentInput(input);
    return "problem" in checked
      ? { success: false, error: new TypeError(checked.problem) }
      : { success: true, value: checked.value };
  },
};
