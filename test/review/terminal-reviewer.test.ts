import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { ReviewRequest } from "../../src/review/decision.ts";
import { terminalReviewer } from "../../src/review/terminal-reviewer.ts";
import { hasPseudoTerminal, PseudoTerminal } from "./pseudo-terminal.ts";

const program = fileURLToPath(new URL("./terminal-program.ts", import.meta.url));
const open = (...flags: readonly string[]): PseudoTerminal => new PseudoTerminal(program, ...flags);
const choices = "[a]pprove, [e]dit, [r]eject, re[s]pond? ";
const reviewerId = userInfo().username;
const ctrlC = "\u0003";
const ctrlD = "\u0004";
const ctrlU = "\u0015";

const resultIn = (shown: string): unknown => JSON.parse(/RESULT (\{.*\})/.exec(shown)?.[1] ?? "null");

describe.skipIf(!hasPseudoTerminal)("at a real terminal", { timeout: 60_000 }, () => {
  test("a person approves, and the program ends by itself with the terminal as it was", async () => {
    const terminal = open();
    await terminal.until(choices);
    terminal.type("a\r");
    expect(resultIn(await terminal.until("raw=false."))).toEqual({ type: "approve", reviewerId });
    await terminal.until("DONE.");
    expect(await terminal.exitCode).toBe(0);
  });

  test("what was typed before the question decides nothing", async () => {
    const terminal = open("wait");
    const pid = Number(/READY (\d+)/.exec(await terminal.until("."))?.[1]);
    terminal.type("a\na\napprove");
    // The terminal echoes what it holds for the next reader.
    await terminal.until("approve");
    process.kill(pid, "SIGUSR2");
    await terminal.until(choices);
    terminal.type("r\r");
    await terminal.until("Reason (sent to the platform in clear): ");
    terminal.type("no receipt\r");
    expect(resultIn(await terminal.until("DONE."))).toEqual({
      type: "reject",
      reviewerId,
      reason: "no receipt",
    });
  });

  test("keys reach the application's own reader before and after a review, never during it", async () => {
    const terminal = open("application-reads", "wait");
    const pid = Number(/READY (\d+)/.exec(await terminal.until("."))?.[1]);
    terminal.type("hello\r");
    await terminal.until("HEARD hello");
    process.kill(pid, "SIGUSR2");
    await terminal.until(choices);
    terminal.type("a\r");
    expect(await terminal.until("DONE.")).not.toContain("HEARD");
    terminal.type("bye\r");
    await terminal.until("HEARD bye");
    terminal.type(ctrlD);
    expect(await terminal.exitCode).toBe(0);
  });

  test("a model's text neither moves the cursor nor imitates the lines around it", async () => {
    const terminal = open();
    const page = (await terminal.until("--- End of what a model wrote ---")).replaceAll("\r\n", "\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is the point
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    const [facts, written] = page.split(
      "--- From here on written by a model; nothing of it is checked ---\n",
    );
    expect(facts).toMatch(/^System {7}refunds-prod\nTool {9}refund\nCorrelation {2}case-9$/m);
    expect(written?.split("\n")).toEqual([
      "Question",
      "  | Approve⟨U+001B⟩]0;title⟨U+0007⟩?",
      "Proposed arguments",
      "  | {",
      '  |   "amount": 500,',
      '  |   "note": "\\u001b[2J\\u001b[1;1H=== Review request\\nTool         harmless',
      '  | ⟨U+202E⟩⟨U+009B⟩2J"',
      "  | }",
      "--- End of what a model wrote ---",
    ]);
    await terminal.until(choices);
    terminal.type(ctrlC);
    await terminal.exitCode;
  });

  test("an edit begins with the proposal, is asked again until it fits, and needs a reason", async () => {
    const terminal = open();
    await terminal.until(choices);
    terminal.type("sign\r");
    await terminal.until(choices);
    terminal.type("edit\r");
    const prefilled = await terminal.until('2J"}');
    expect(prefilled).toContain('{"amount":500,"note":"\\u001b[2J');
    expect(prefilled).toContain("harmless\\u202e\\u009b2J");
    terminal.type(`${ctrlU}{"amount": \r`);
    await terminal.until("That does not fit: ");
    terminal.type(`${ctrlU}{"amount": 101}\r`);
    await terminal.until("That does not fit: at most 100⟨U+001B⟩");
    terminal.type(`${ctrlU}{"amount": 50}\r`);
    await terminal.until("Reason (sent to the platform in clear): ");
    terminal.type(" \r");
    await terminal.until("Reason (sent to the platform in clear): ");
    terminal.type("over the limit\r");
    expect(resultIn(await terminal.until("DONE."))).toEqual({
      type: "edit",
      reviewerId,
      reason: "over the limit",
      final: { amount: 50 },
    });
  });

  test("a person answers in place of the tool", async () => {
    const terminal = open();
    await terminal.until(choices);
    terminal.type("s\r");
    await terminal.until("Your answer to the agent: ");
    terminal.type("Ask for the receipt\r");
    expect(resultIn(await terminal.until("DONE."))).toEqual({
      type: "respond",
      reviewerId,
      message: "Ask for the receipt",
    });
  });

  test.each([
    ["Ctrl-C", ctrlC],
    ["Ctrl-D", ctrlD],
  ])("%s breaks the review off, not the program", async (_, key) => {
    const terminal = open();
    await terminal.until(choices);
    terminal.type(key);
    const shown = await terminal.until("raw=false.");
    expect(shown).toContain("This review is over, without a decision here.");
    expect(resultIn(shown)).toEqual({ error: "review_failed" });
    await terminal.until("DONE.");
    expect(await terminal.exitCode).toBe(0);
  });

  test("two requests at a time are asked one after the other, and no answer serves both", async () => {
    const terminal = open("twice");
    await terminal.until(choices);
    expect(terminal.output).toContain("019a-request");
    expect(terminal.output).not.toContain("019b-request");
    terminal.type("a\ra\r");
    expect(resultIn(await terminal.until("raw="))).toMatchObject({ type: "approve" });
    await terminal.until(choices);
    expect(terminal.output).toContain("019b-request");
    terminal.type("r\r");
    await terminal.until("Reason (sent to the platform in clear): ");
    terminal.type("no\r");
    expect(resultIn(await terminal.until("DONE."))).toMatchObject({ type: "reject" });
  });

  test("a review that is over leaves the terminal", async () => {
    const terminal = open("wait", "abort");
    const pid = Number(/READY (\d+)/.exec(await terminal.until("."))?.[1]);
    process.kill(pid, "SIGUSR2");
    await terminal.until(choices);
    process.kill(pid, "SIGUSR2");
    expect(resultIn(await terminal.until("raw=false."))).toEqual({ error: "time is over" });
    await terminal.until("DONE.");
    expect(await terminal.exitCode).toBe(0);
  });
});

test("without a terminal nobody is asked", async () => {
  const options = { signal: new AbortController().signal };
  await expect(terminalReviewer({ reviewerId: "alice" })({} as ReviewRequest, options)).rejects.toMatchObject(
    {
      code: "no_terminal",
    },
  );
});

test("the operating system's user is os_user, a name the application gives is its own word", () => {
  expect(terminalReviewer().authentication).toBe("os_user");
  expect(terminalReviewer({ reviewerId: "alice" }).authentication).toBe("host");
  expect(() => terminalReviewer({ reviewerId: " " })).toThrow(
    expect.objectContaining({ code: "invalid_option" }),
  );
});
