import { visibleText } from "../core/visible-text.ts";
import type { ReviewRequest } from "./decision.ts";

/**
 * The request as a terminal shows it: the application's facts first, then, marked at every line, what a model wrote. No
 * text in it can move the cursor, hide itself, or look like one of the lines around it.
 * @param width Columns of the terminal.
 */
export function terminalPage(request: ReviewRequest, width: number): string {
  const { subject, question, context, askedBy } = request;
  const asksHost = askedBy === "application";
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["System", request.systemId],
    [
      subject.kind === "tool_call" ? "Tool" : "Review of",
      subject.kind === "tool_call" ? subject.name : "an answer",
    ],
    ["Question", asksHost ? question : undefined],
    ["Correlation", request.correlationId],
    ["Request", request.id],
    ["Asked at", request.requestedAtUtc],
    ["Expires at", request.expiresAtUtc],
  ];
  const proposedTitle = subject.kind === "tool_call" ? "Proposed arguments" : "Proposed answer";
  return [
    "",
    `=== Review request ${"=".repeat(Math.max(0, Math.min(width, 72) - 19))}`,
    ...facts.flatMap(([name, value]) =>
      value === undefined ? [] : [`${name.padEnd(12)} ${visibleText(value, { lines: "show" })}`],
    ),
    ...(asksHost && context !== undefined ? ["Context", ...block(context, "  ", width)] : []),
    "",
    "--- From here on written by a model; nothing of it is checked ---",
    ...(!asksHost && question !== undefined ? ["Question", ...block(question, MODEL, width)] : []),
    ...(!asksHost && context !== undefined ? ["Context", ...block(context, MODEL, width)] : []),
    proposedTitle,
    ...block(subject.proposed, MODEL, width),
    "--- End of what a model wrote ---",
    "",
    "",
  ].join("\n");
}

/** Stands before every line of a model's text. */
const MODEL = "  | ";

function block(value: unknown, margin: string, width: number): string[] {
  const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
  return visibleText(text)
    .split("\n")
    .flatMap((line) => wrapped(line, Math.max(20, width - margin.length - 1)))
    .map((line) => `${margin}${line}`);
}

/** Wrapped by us: where the terminal wraps, a line would begin without its margin. */
function wrapped(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  let column = 0;
  for (const [piece] of line.matchAll(PIECE)) {
    const columns = columnsOf(piece);
    if (column + columns > width) {
      lines.push(current);
      current = "";
      column = 0;
    }
    current += piece;
    column += columns;
  }
  return [...lines, current];
}

/** A mark stays whole, anything else is cut wherever the line is full. */
const PIECE = /⟨[^⟩]*⟩|./gsu;

/** At most: beyond ASCII a character may take two columns, a tab eight. */
function columnsOf(piece: string): number {
  if (piece === "\t") return 8;
  return piece.length > 2 ? piece.length : piece > "\u007e" ? 2 : 1;
}
