import { present } from "../recorder/present.ts";
import type { FinishReason } from "../recorder/run.ts";
import { textMember } from "./unknown-shape.ts";

/** Why a model stopped. */
export interface Finish {
  /** Undefined where the framework itself says that the provider gave none. */
  readonly reason: FinishReason | undefined;
  /** The framework's and the provider's own words, for the metadata. */
  readonly words: { readonly unified?: string; readonly raw?: string };
}

const neutralWords: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  error: "error",
};

/** Reads a finish reason: one word (specification V2) or `{unified, raw}` (V3 and V4). Undefined where there is none. */
export function finishOf(finishReason: unknown): Finish | undefined {
  const unified = typeof finishReason === "string" ? finishReason : textMember(finishReason, "unified");
  const raw = textMember(finishReason, "raw");
  if (unified === undefined && raw === undefined) return undefined;
  return { reason: reasonOf(unified), words: present({ unified, raw }) };
}

function reasonOf(unified: string | undefined): FinishReason | undefined {
  if (unified === undefined || unified === "interrupted" || unified === "unknown") return undefined;
  return Object.hasOwn(neutralWords, unified) ? neutralWords[unified] : "other";
}

/**
 * True where a stream's `finish` says that the provider never finished: `interrupted` (ai 7), `unknown` (ai 5), or `other` with
 * neither the provider's word nor any usage (ai 6, and what ai 7 makes of older models).
 */
export function isCutOff(finishReason: unknown, hasUsage: boolean): boolean {
  const words = finishOf(finishReason)?.words;
  if (words?.unified === "interrupted" || words?.unified === "unknown") return true;
  return words?.unified === "other" && words.raw === undefined && !hasUsage;
}
