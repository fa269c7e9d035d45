import { type BlobPart, filePart, linkPart, type UriPart } from "../recorder/blob.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import { present, someOf } from "../recorder/present.ts";
import { filePiece } from "./files.ts";
import { member, textMember } from "./unknown-shape.ts";

/**
 * What a message shows beside its neutral form: reasoning, sources, citations, what the provider executed itself, approvals
 * and parts nobody knows. Goes into the sealed metadata; provider envelopes and signatures are left behind.
 */
export class Asides {
  readonly #reasoning: string[] = [];
  readonly #reasoningFiles: (BlobPart | UriPart)[] = [];
  readonly #sources: unknown[] = [];
  readonly #citations: unknown[] = [];
  readonly #providerCalls = new Map<string, Record<string, unknown>>();
  readonly #approvals: unknown[] = [];
  readonly #otherBlocks: string[] = [];
  #isEmpty = true;

  /** Takes a part that has no place in the neutral form. */
  add(part: unknown): void {
    this.#isEmpty = false;
    switch (textMember(part, "type")) {
      case "reasoning":
        this.#reasoning.push(textMember(part, "text") ?? "");
        break;
      case "reasoning-file":
        this.#addReasoningFile(part);
        break;
      case "source":
        this.#sources.push(sourceOf(part));
        break;
      case "tool-call":
      case "tool-input":
        this.#addProviderCall(part, { name: textMember(part, "toolName"), input: member(part, "input") });
        break;
      case "tool-result":
        this.#addProviderCall(part, {
          name: textMember(part, "toolName"),
          result: member(part, "result") ?? member(part, "output"),
          is_error: member(part, "isError") === true ? true : undefined,
        });
        break;
      case "tool-approval-request":
      case "tool-approval-response":
        this.#approvals.push(approvalOf(part));
        break;
      default:
        this.#otherBlocks.push(textMember(part, "kind") ?? textMember(part, "type") ?? "unknown");
    }
  }

  /** Takes the citations of a text part. */
  addCitations(textPart: unknown): void {
    for (const citation of boundedList(member(textPart, "citations"))) {
      this.#isEmpty = false;
      this.#citations.push(
        present({
          source: sourceOf(member(citation, "source")),
          startIndex: member(citation, "startIndex"),
          endIndex: member(citation, "endIndex"),
          citedText: member(citation, "citedText"),
        }),
      );
    }
  }

  /** True where the call of that id was the provider's own. */
  hasProviderCall(toolCallId: string): boolean {
    return this.#providerCalls.has(toolCallId);
  }

  /** What was collected, by name; names without anything are left out. */
  members(): Record<string, unknown> {
    if (this.#isEmpty) return {};
    return present({
      reasoning: someOf(this.#reasoning),
      reasoning_files: someOf(this.#reasoningFiles),
      sources: someOf(this.#sources),
      citations: someOf(this.#citations),
      provider_calls: someOf([...this.#providerCalls.values()]),
      approvals: someOf(this.#approvals),
      other_blocks: someOf(this.#otherBlocks),
    });
  }

  /** Call and result make one entry; a later result replaces a preliminary one. */
  #addProviderCall(part: unknown, details: Record<string, unknown>): void {
    const id = textMember(part, "toolCallId") ?? "";
    this.#providerCalls.set(id, { id, ...this.#providerCalls.get(id), ...present(details) });
  }

  #addReasoningFile(part: unknown): void {
    const piece = filePiece(part);
    if (piece?.type === "file") this.#reasoningFiles.push(filePart(piece.data, piece.mimeType));
    if (piece?.type === "link") this.#reasoningFiles.push(linkPart(piece.uri, piece.mimeType));
  }
}

function sourceOf(source: unknown): Record<string, unknown> {
  const names = ["sourceType", "id", "url", "title", "mediaType", "filename"];
  return present(Object.fromEntries(names.map((name) => [name, textMember(source, name)])));
}

function approvalOf(part: unknown): Record<string, unknown> {
  const names = ["type", "approvalId", "toolCallId", "approved", "reason"];
  return present(Object.fromEntries(names.map((name) => [name, member(part, name)])));
}
