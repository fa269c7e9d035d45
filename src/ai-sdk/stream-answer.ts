import type { Answer } from "./answer.ts";
import { member, textMember } from "./unknown-shape.ts";

/**
 * Puts the parts of a stream together to the answer a plain call would have given. Blocks are told apart by their ids, since
 * providers let them overlap; each stands where it first appeared. Deltas are kept as they come and joined once.
 */
export class StreamAnswer {
  readonly #content: (Block | { readonly part: unknown })[] = [];
  readonly #blocks = new Map<string, Block>();
  /** The block of the part before: nearly always also that of the next. */
  #latest: Block | undefined;
  readonly #response = new Map<string, unknown>();
  #warnings: unknown;
  #finish: unknown;
  #error: { readonly thrown: unknown } | undefined;

  /** The first error the provider reported within the stream. */
  get error(): { readonly thrown: unknown } | undefined {
    return this.#error;
  }

  /** The part that says why the model stopped; undefined where there was none yet. */
  get finish(): unknown {
    return this.#finish;
  }

  /** The model that answers, where the provider has said so by now. */
  get modelId(): string | undefined {
    const modelId = this.#response.get("modelId");
    return typeof modelId === "string" ? modelId : undefined;
  }

  /**
   * Takes the next part. Constant work but for what a part holds.
   * @returns True where it only goes on with the block of the part before, as nearly all do: it tells nothing else.
   */
  add(part: unknown): boolean {
    const delta = this.#latest && continuation(this.#latest, part);
    if (delta === undefined) this.#add(part);
    else this.#latest?.deltas.push(delta);
    return delta !== undefined;
  }

  #add(part: unknown): void {
    switch (textMember(part, "type")) {
      case "text-delta":
        this.#blockOf("text", part).deltas.push(textMember(part, "delta") ?? "");
        break;
      case "reasoning-delta":
        this.#blockOf("reasoning", part).deltas.push(textMember(part, "delta") ?? "");
        break;
      case "tool-input-delta":
        this.#blockOf("tool", part).deltas.push(textMember(part, "delta") ?? "");
        break;
      case "text-start":
        this.#open("text", part);
        break;
      case "reasoning-start":
        this.#open("reasoning", part);
        break;
      case "tool-input-start":
        this.#open("tool", part);
        break;
      case "text-end":
        this.#blockOf("text", part).citations = member(part, "citations");
        break;
      case "tool-call":
        this.#complete(part);
        break;
      case "stream-start":
        this.#warnings = member(part, "warnings");
        break;
      case "response-metadata":
        for (const name of ["id", "modelId"])
          this.#response.set(name, member(part, name) ?? this.#response.get(name));
        break;
      case "finish":
        this.#finish = part;
        break;
      case "error":
        this.#error ??= { thrown: member(part, "error") };
        break;
      case "reasoning-end":
      case "tool-input-end":
      case "ping":
      case "raw":
        break;
      default:
        this.#content.push({ part });
    }
  }

  /** The answer so far. A call whose input never became whole is a part of its own kind, with what there is of it. */
  answer(): Answer {
    return {
      content: this.#content.map((item) => ("part" in item ? item.part : wholePart(item))),
      finishReason: member(this.#finish, "finishReason"),
      usage: member(this.#finish, "usage"),
      warnings: this.#warnings,
      response: Object.fromEntries(this.#response),
    };
  }

  #open(kind: BlockKind, start: unknown): Block {
    const block: Block = {
      kind,
      id: textMember(start, "id"),
      deltaType: deltaTypes[kind],
      start,
      deltas: [],
      citations: undefined,
      call: undefined,
    };
    this.#content.push(block);
    this.#blocks.set(blockKey(kind, block.id), block);
    this.#latest = block;
    return block;
  }

  #blockOf(kind: BlockKind, part: unknown): Block {
    const id = textMember(part, "id");
    const latest = this.#latest;
    if (latest && latest.kind === kind && latest.id === id) return latest;
    const block = this.#blocks.get(blockKey(kind, id)) ?? this.#open(kind, part);
    this.#latest = block;
    return block;
  }

  #complete(call: unknown): void {
    const key = blockKey("tool", textMember(call, "toolCallId"));
    const block = this.#blocks.get(key);
    if (block) block.call = call;
    else this.#content.push({ part: call });
    // Weak providers use one id for several calls: the next one is another.
    this.#blocks.delete(key);
    this.#latest = undefined;
  }
}

type BlockKind = "text" | "reasoning" | "tool";

const deltaTypes: Readonly<Record<BlockKind, string>> = {
  text: "text-delta",
  reasoning: "reasoning-delta",
  tool: "tool-input-delta",
};

interface Block {
  readonly kind: BlockKind;
  readonly id: string | undefined;
  readonly deltaType: string;
  readonly start: unknown;
  readonly deltas: string[];
  citations: unknown;
  call: unknown;
}

/** A block's kind and id: `text 0`, `reasoning 0` and `tool call_1` are three blocks. */
function blockKey(kind: BlockKind, id: string | undefined): string {
  return `${kind} ${id}`;
}

/** What a part adds to the block; undefined where it is anything else. The engine reads members that are named here the fastest. */
function continuation({ deltaType, id }: Block, part: unknown): string | undefined {
  try {
    const next = part as Readonly<Record<"type" | "id" | "delta", unknown>>;
    if (next.type !== deltaType || next.id !== id) return undefined;
    return typeof next.delta === "string" ? next.delta : undefined;
  } catch {
    return undefined;
  }
}

function wholePart({ kind, start, deltas, citations, call }: Block): unknown {
  if (call !== undefined) return call;
  const text = deltas.join("");
  switch (kind) {
    case "text":
      return { type: "text", text, citations };
    case "reasoning":
      return { type: "reasoning", text };
    case "tool":
      return {
        type: "tool-input",
        toolCallId: textMember(start, "id"),
        toolName: textMember(start, "toolName"),
        input: text,
        inputEncoding: member(start, "inputEncoding"),
        providerExecuted: member(start, "providerExecuted"),
      };
  }
}
