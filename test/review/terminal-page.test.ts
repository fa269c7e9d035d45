import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReviewRequest } from "../../src/review/decision.ts";
import { terminalPage } from "../../src/review/terminal-page.ts";

const request: ReviewRequest = {
  id: "r-1",
  correlationId: "case-9",
  systemId: "refunds-prod",
  subject: { kind: "tool_call", name: "refund", proposed: { amount: 500 } },
  allowedDecisions: ["approve", "reject"],
  askedBy: "application",
  requestedAtUtc: "2026-05-01T12:00:00Z",
};
const border = "--- From here on written by a model; nothing of it is checked ---";
const halves = (page: string): string[] => page.split(`${border}\n`);

describe("what the application says stands above what a model wrote", () => {
  test("its facts, its question and its context", () => {
    const context = { customer: "c-7" };
    const page = terminalPage(
      { ...request, question: "Refund?", context, expiresAtUtc: "2026-05-01T13:00:00Z" },
      60,
    );
    expect(halves(page)[0]).toBe(`
=== Review request =========================================
System       refunds-prod
Tool         refund
Question     Refund?
Correlation  case-9
Request      r-1
Asked at     2026-05-01T12:00:00Z
Expires at   2026-05-01T13:00:00Z
Context
  {
    "customer": "c-7"
  }

`);
  });

  test("a model's question and context stand below", () => {
    const asked = { ...request, subject: { kind: "output", proposed: "Dear\nMs Roe" } } as const;
    const page = terminalPage({ ...asked, askedBy: "model", question: "Send?", context: "Order 7" }, 60);
    expect(halves(page)[0]).toContain("Review of    an answer\n");
    expect(halves(page)[1]).toBe(`Question
  | Send?
Context
  | Order 7
Proposed answer
  | Dear
  | Ms Roe
--- End of what a model wrote ---

`);
  });

  test("a fact stays on its line and hides nothing", () => {
    const page = terminalPage({ ...request, correlationId: "a\nTool  harmless\u001b[2J" }, 60);
    expect(page).toContain("Correlation  a⟨U+000A⟩Tool  harmless⟨U+001B⟩[2J\n");
  });
});

test("whatever a model writes, each of its lines has the margin, fits the terminal and hides nothing", () => {
  const text = fc.string({ unit: "binary", maxLength: 300 });
  fc.assert(
    fc.property(text, fc.integer({ min: 30, max: 100 }), (proposed, width) => {
      const subject = { kind: "output", proposed } as const;
      const [, written = ""] = halves(terminalPage({ ...request, subject }, width));
      const lines = written.split("\n").slice(1, -3);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        expect(line).toMatch(/^ {2}\| /);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is the point
        expect(line).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Bidi_Control}]/u);
        const columns = [...line].reduce(
          (sum, each) => sum + (each === "\t" ? 8 : each > "\u007e" ? 2 : 1),
          0,
        );
        // A mark counts its brackets as one column each.
        expect(columns - 2 * (line.match(/⟨/g)?.length ?? 0)).toBeLessThan(width);
      }
    }),
  );
});

test("a mark is not cut in two", () => {
  const page = terminalPage(
    { ...request, subject: { kind: "output", proposed: `${"x".repeat(20)}\u202e` } },
    30,
  );
  expect(page).toContain(`  | ${"x".repeat(20)}\n  | ⟨U+202E⟩\n`);
});
