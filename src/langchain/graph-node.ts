import { boundedList } from "../recorder/bounded-list.ts";
import { toolOutput } from "../recorder/neutral-form.ts";
import type { RunEnd } from "../recorder/run.ts";
import { isMiddlewareNode } from "./agent-step.ts";
import { messagesOf } from "./graph-state.ts";
import { isToolMessage, type MessageShape } from "./messages.ts";
import type { ProposedCall } from "./proposed-calls.ts";
import { idOf, shapeOf, textOf } from "./shape.ts";
import { messageResult, type ToolRun, toolError } from "./tool-run.ts";

/** A tool call that a model proposed and that was answered without the tool being run. */
export interface UnexecutedCall {
  readonly run: ToolRun;
  readonly end: RunEnd;
  readonly error: { readonly name: string; readonly message: string };
}

/** A call that nothing answered either. */
export function unexecutedCall({ id, name, args }: ProposedCall, why: string): UnexecutedCall {
  return {
    run: { name, input: args, toolCallId: id },
    end: { metadata: { executed: false } },
    error: { name: "ToolNotExecuted", message: why },
  };
}

/**
 * A node of a graph while it runs. It knows which tool calls it was given and which of them were executed: LangChain calls
 * back for no other (invalid arguments, an unknown tool, a denial), those show only in what the node gives.
 */
export class GraphNode {
  /** It is a hook of a middleware in an agent. */
  readonly isMiddleware: boolean;
  readonly #inputs: unknown;
  readonly #executed = new Map<string, string>();
  readonly #toldBelow = new Set<string>();
  #hasUnknownCall = false;

  constructor(inputs: unknown, name: string) {
    this.#inputs = inputs;
    this.isMiddleware = isMiddlewareNode(name);
  }

  /** A tool runs below this node, for the call of this id where the framework tells it. */
  executed(toolCallId: string | undefined, runId: string): void {
    if (toolCallId === undefined) this.#hasUnknownCall = true;
    else this.#executed.set(toolCallId, runId);
  }

  /** A node inside this one, which is a graph itself, was the one that answered a call without running its tool. */
  toldBelow(toolCallId: string | undefined): void {
    if (toolCallId !== undefined) this.#toldBelow.add(toolCallId);
  }

  /** Whether a tool ran below this node for a call, or may have: the framework does not always tell for which. */
  mayHaveExecuted(toolCallId: string): boolean {
    return this.#hasUnknownCall || this.#executed.has(toolCallId);
  }

  /**
   * The answers this node gives for calls whose tools ran, by the id of the run: some tool runs are told no end of, such as
   * one whose result is not of the form it promised.
   */
  answers(outputs: unknown): { readonly runId: string; readonly message: MessageShape }[] {
    return messagesOf(outputs)
      .filter(isToolMessage)
      .flatMap((message) => {
        const runId = this.#executed.get(idOf(message.tool_call_id));
        return runId === undefined ? [] : [{ runId, message }];
      });
  }

  /**
   * The id of the one call that this node was sent, where it is for the tool of this name: core before 1.1.30 does not tell
   * a tool run which call it answers.
   */
  onlyCallId(toolName: unknown): string | undefined {
    const call = shapeOf<"id" | "name">(this.#sentCall);
    return call && idOf(call.name) === toolName ? textOf(call.id) : undefined;
  }

  /** The name of the tool that a call is for. */
  toolName(toolCallId: string | undefined): string | undefined {
    return toolCallId === undefined ? undefined : this.#proposal(toolCallId)?.name;
  }

  /**
   * The calls that this node answered although their tools did not run: with an error, or, where the node was sent the call
   * to execute it or is a middleware, with anything. LangChain before 1.4 and many denials of middlewares do not say that
   * they are errors. What was proposed elsewhere, in a graph inside this node, was answered there, or before an interrupt.
   */
  unexecutedCalls(outputs: unknown): UnexecutedCall[] {
    if (this.#hasUnknownCall) return [];
    const sentId = shapeOf<"id">(this.#sentCall)?.id;
    const failed = messagesOf(outputs)
      .filter(isToolMessage)
      .filter(
        ({ status, tool_call_id: id }) =>
          status === "error" || this.isMiddleware || (id !== undefined && id === sentId),
      )
      .filter(({ tool_call_id: id }) => !this.#executed.has(idOf(id)) && !this.#toldBelow.has(idOf(id)));
    if (failed.length === 0) return [];
    const answered = new Set(
      messagesOf(this.#inputs)
        .filter(isToolMessage)
        .map(({ tool_call_id: id }) => id),
    );
    return failed
      .filter(({ tool_call_id: id }) => !answered.has(id))
      .flatMap((message) => this.#unexecuted(message) ?? []);
  }

  /** The call that this node was sent, where the node failed before its tool ran: a middleware threw, or there is no such tool. */
  callBefore(error: unknown): UnexecutedCall[] {
    const call = shapeOf<"id" | "name" | "args">(this.#sentCall);
    const id = idOf(call?.id);
    if (!call || this.#hasUnknownCall || this.#executed.has(id)) return [];
    const why = idOf(shapeOf<"message">(error)?.message);
    return [unexecutedCall({ id, name: idOf(call.name), args: call.args }, why)];
  }

  get #sentCall(): unknown {
    return shapeOf<"lg_tool_call">(this.#inputs)?.lg_tool_call;
  }

  #unexecuted(message: MessageShape): UnexecutedCall | undefined {
    const id = idOf(message.tool_call_id);
    const proposal = this.#proposal(id);
    if (!proposal) return undefined;
    return {
      run: { name: proposal.name, input: proposal.args, toolCallId: id },
      end: { output: toolOutput(messageResult(message)), metadata: { executed: false } },
      error: { ...toolError(message), name: "ToolNotExecuted" },
    };
  }

  #proposal(id: string): { readonly name: string; readonly args: unknown } | undefined {
    const proposed = messagesOf(this.#inputs).flatMap((each) => {
      const message = shapeOf<"tool_calls" | "invalid_tool_calls">(each);
      return [...boundedList(message?.tool_calls), ...boundedList(message?.invalid_tool_calls)];
    });
    // Ids may repeat in a long conversation: the latest counts.
    for (const each of [this.#sentCall, ...proposed.reverse()]) {
      const call = shapeOf<"id" | "name" | "args">(each);
      if (call && idOf(call.id) === id) return { name: idOf(call.name), args: call.args };
    }
    return undefined;
  }
}

/** The node that a step of a graph is; undefined for the steps inside a node, which inherit its metadata. */
export function graphNode(inputs: unknown, metadata: unknown, runName: unknown): GraphNode | undefined {
  const name = textOf(shapeOf<"langgraph_node">(metadata)?.langgraph_node);
  return name !== undefined && name === runName ? new GraphNode(inputs, name) : undefined;
}
