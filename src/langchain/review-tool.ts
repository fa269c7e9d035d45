import { ToolMessage } from "@langchain/core/messages";
import { type DynamicStructuredTool, tool as langChainTool } from "@langchain/core/tools";
import { ComplianceGuardError } from "../core/errors.ts";
import { standardAcceptance } from "../review/acceptance.ts";
import {
  type AgentReviewInput,
  agentReviewDescription,
  agentReviewSchema,
  type HumanReviewToolOptions,
  prepareAgentReview,
} from "../review/agent-review.ts";
import { explainRejection } from "../review/outcome.ts";
import type { Acceptance } from "../review/proposal.ts";
import {
  prepareRequiredReview,
  type RequireHumanReviewOptions,
  rejectionError,
  type WaitingCall,
} from "../review/required-review.ts";
import { type Shape, shapeOf, textOf } from "./shape.ts";

/**
 * A tool with which an agent asks a person to approve, edit, reject or answer what it proposes. Its result says what was
 * decided and holds the final output. The review waits inside the tool's run.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function humanReviewTool(options: HumanReviewToolOptions): DynamicStructuredTool {
  const { name = "human_review", description = agentReviewDescription } = options;
  const review = prepareAgentReview(options);
  return langChainTool(
    async (input: AgentReviewInput, config: unknown) => await review(input, callIn(undefined, [config])),
    { name, description, schema: agentReviewSchema },
  ) as unknown as DynamicStructuredTool;
}

/**
 * The same tool, which runs only after a person's decision: with the arguments that were shown, or with those the
 * reviewer edited. Name, schema and types stay. Where the tool does not run, the model gets a tool message with the
 * status `error` that says why; a caller without a tool call id gets a ComplianceGuardError `review_rejected`,
 * `review_failed` or `review_not_bound`. Arguments that do not fit a zod schema are answered without a review.
 *
 * The tool's run begins after the decision, so that it is recorded with the arguments it executes. `respond` is allowed
 * only where `allowedDecisions` says so: the answer then stands in for the tool's output.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy; `invalid_argument` for what is no tool.
 */
export function requireHumanReview<T extends object>(tool: T, options: RequireHumanReviewOptions): T {
  const review = prepareRequiredReview(options);
  const { name, schema } = toolShape(tool);
  const accept = acceptanceOf(schema);

  const run = async (method: Method, [input, ...rest]: readonly unknown[]): Promise<unknown> => {
    const call: WaitingCall = { name, args: argsIn(input), ...callIn(input, rest), accept };
    const fit = await accept(call.args);
    if ("problem" in fit) return misfit(call, fit.problem);
    const outcome = await review(call);
    switch (outcome.decision) {
      case "approved":
      case "edited":
        return await Reflect.apply(method, tool, [withArgs(input, outcome.final), ...rest]);
      case "responded":
        return answered(call, "success", outcome.message);
      case "rejected":
        if (call.toolCallId === undefined) throw rejectionError(name, outcome.cause);
        return answered(call, "error", explainRejection(outcome));
    }
  };
  return new Proxy(tool, {
    // Getters see the tool itself: a private field of a subclass is not the proxy's. Methods see the proxy, so that those
    // that lead to `invoke` (batch, stream, a binding) lead to the review.
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function" || !executing.has(property)) return value;
      return (...args: readonly unknown[]) => run(value as Method, args);
    },
  });
}

type Method = (...args: readonly unknown[]) => unknown;

/** Everything on a tool that leads to its function without leading to another of these on the proxy. */
const executing: ReadonlySet<PropertyKey> = new Set(["invoke", "call", "_call", "func"]);

function toolShape(tool: object): { readonly name: string; readonly schema: unknown } {
  const { name, schema, invoke } = tool as Shape<"name" | "schema" | "invoke">;
  if (typeof name === "string" && name !== "" && typeof invoke === "function") return { name, schema };
  throw new ComplianceGuardError(
    "invalid_argument",
    "requireHumanReview needs a tool with a name and invoke(), as tool() makes one; tools that a provider executes cannot wait for a review",
  );
}

function argsIn(input: unknown): unknown {
  return isToolCall(input) ? input.args : input;
}

function withArgs(input: unknown, args: unknown): unknown {
  return isToolCall(input) ? { ...input, args } : args;
}

function isToolCall(value: unknown): value is { readonly id?: unknown; readonly args: unknown } {
  return shapeOf<"type">(value)?.type === "tool_call";
}

/** The id and the signal, wherever this way of calling puts them. */
function callIn(input: unknown, rest: readonly unknown[]): Pick<WaitingCall, "toolCallId" | "signal"> {
  const configs = rest.map((each) => shapeOf<"toolCall" | "toolCallId" | "signal">(each));
  const ids = [
    isToolCall(input) ? input.id : undefined,
    ...configs.flatMap((config) => [shapeOf<"id">(config?.toolCall)?.id, config?.toolCallId]),
  ];
  const signal = configs.map((config) => config?.signal).find((each) => each instanceof AbortSignal);
  return { toolCallId: ids.map(textOf).find((id) => id !== undefined), signal };
}

/** The tool parses what it is called with itself, so what fits is handed on as it is. */
function acceptanceOf(schema: unknown): (args: unknown) => Promise<Acceptance> {
  const check = standardAcceptance(schema);
  return async (args) => {
    // Text given directly is wrapped by the tool itself before it is checked.
    if (typeof args === "string" || !check) return { value: args };
    const fit = await check(args);
    return "problem" in fit ? fit : { value: args };
  };
}

function misfit(call: WaitingCall, problem: string): unknown {
  if (call.toolCallId === undefined) {
    throw new ComplianceGuardError("invalid_argument", `The arguments do not fit the schema of ${call.name}`);
  }
  return answered(call, "error", `Received tool input did not match expected schema: ${problem}`);
}

/** What the framework takes for the tool's own answer. */
function answered({ toolCallId, name }: WaitingCall, status: "success" | "error", content: string): unknown {
  return toolCallId === undefined
    ? content
    : new ToolMessage({ status, content, tool_call_id: toolCallId, name });
}
