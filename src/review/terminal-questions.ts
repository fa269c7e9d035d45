import { visibleJson, visibleJsonText, visibleText } from "../core/visible-text.ts";
import type { DecisionType, ReviewDecision, ReviewRequest } from "./decision.ts";
import type { TerminalSession } from "./terminal-session.ts";

/** Who is asked, and what can be said about an edit. */
interface Asked {
  readonly reviewerId: string;
  readonly problemWith?: ((final: unknown) => Promise<string | undefined>) | undefined;
}

/** Asks until there is a complete decision. */
export async function askDecision(
  session: TerminalSession,
  request: ReviewRequest,
  { reviewerId, problemWith }: Asked,
): Promise<ReviewDecision> {
  const type = await askType(session, request.allowedDecisions);
  switch (type) {
    case "approve":
      return { type, reviewerId };
    case "edit": {
      const final = await askEdit(session, request.subject.proposed, problemWith);
      return { type, reviewerId, final, reason: await askReason(session) };
    }
    case "reject":
      return { type, reviewerId, reason: await askReason(session) };
    case "respond":
      return { type, reviewerId, message: await askText(session, "Your answer to the agent: ") };
  }
}

const keys: Readonly<Record<DecisionType, string>> = { approve: "a", edit: "e", reject: "r", respond: "s" };
const labels: Readonly<Record<DecisionType, string>> = {
  approve: "[a]pprove",
  edit: "[e]dit",
  reject: "[r]eject",
  respond: "re[s]pond",
};

async function askType(session: TerminalSession, allowed: readonly DecisionType[]): Promise<DecisionType> {
  const choices = allowed.map((type) => labels[type]).join(", ");
  for (;;) {
    const answer = (await session.question(`${choices}? `)).trim().toLowerCase();
    const type = allowed.find((each) => answer === each || answer === keys[each]);
    if (type) return type;
  }
}

/** The proposal stands on the line to be edited, as JSON that hides nothing. */
async function askEdit(
  session: TerminalSession,
  proposed: unknown,
  problemWith: Asked["problemWith"],
): Promise<unknown> {
  let line = visibleJson(proposed);
  session.write("Edit the JSON, then press Enter.\n");
  for (;;) {
    line = await session.question("> ", line);
    const problem = await problemIn(line, problemWith);
    if (problem === undefined) return JSON.parse(line);
    session.write(`That does not fit: ${visibleText(problem)}\n`);
    line = visibleJsonText(line);
  }
}

async function problemIn(line: string, problemWith: Asked["problemWith"]): Promise<string | undefined> {
  let final: unknown;
  try {
    final = JSON.parse(line);
  } catch (error) {
    return (error as SyntaxError).message;
  }
  return await problemWith?.(final);
}

function askReason(session: TerminalSession): Promise<string> {
  return askText(session, "Reason (sent to the platform in clear): ");
}

async function askText(session: TerminalSession, prompt: string): Promise<string> {
  for (;;) {
    const text = (await session.question(prompt)).trim();
    if (text !== "") return text;
  }
}
