import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { reference } from "../src/core/digest.ts";

interface Outcome {
  readonly runtime: string;
  readonly status: { readonly delivered: number; readonly waiting: number; readonly deadLetters: number };
  readonly events: readonly {
    readonly correlationId: string;
    readonly outputReference: string;
    readonly systemState: { readonly performance: Readonly<Record<string, unknown>> };
  }[];
}

const root = resolve(import.meta.dirname, "..");

/** The example's route, run without Next.js in a process of its own, and what the platform has of it once `after` is done. */
async function happens(what: string): Promise<Outcome> {
  const script = join(root, "test/support/nextjs-route-process.ts");
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, what], { timeout: 60_000 });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Outcome;
}

const statuses = ({ events }: Outcome) =>
  events.map(({ systemState }) => systemState.performance["provider_status"]);
const words = Array.from({ length: 200 }, (_, index) => `word ${index} `);
const whole = words.join("");
const saying = (content: string) =>
  reference({ messages: [{ role: "assistant", parts: [{ type: "text", content }] }] });

test("the README's recipe is the example's route", () => {
  const route = readFileSync(join(root, "examples/nextjs/app/api/chat/route.ts"), "utf8");
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`\`\`\`ts\n${route}\`\`\`\n`);
});

describe.concurrent("the Next.js route of the examples", { timeout: 90_000 }, () => {
  test("delivers the event of an answer that was read to its end, when the response is out", async () => {
    const outcome = await happens("whole");
    expect(outcome.runtime).toBe("nodejs");
    expect(statuses(outcome)).toEqual(["success"]);
    expect(outcome.events[0]?.outputReference).toBe(saying(whole));
    expect(outcome.events[0]?.correlationId).toBe("0197b0a4-7c1e-7000-8000-000000000007");
    expect(outcome.status).toEqual({ delivered: 2, waiting: 0, deadLetters: 0 });
  });

  test("records as cancelled what a user who left had been given", async () => {
    const outcome = await happens("left");
    expect(statuses(outcome)).toEqual(["cancelled"]);
    const given = words.map((_, index) => saying(words.slice(0, index + 1).join("")));
    expect(given.slice(0, 40)).toContain(outcome.events[0]?.outputReference);
    expect(outcome.status.waiting).toBe(0);
  });

  test("brings a stream to its end that nobody reads any more", async () => {
    const outcome = await happens("unread");
    expect(statuses(outcome)).toEqual(["success"]);
    expect(outcome.events[0]?.outputReference).toBe(saying(whole));
  });

  test("sends no chat id that could be content", async () => {
    const { events } = await happens("chat id");
    expect(events).toHaveLength(1);
    // Not a part of it: hashes and ids hold any four digits now and then.
    expect(JSON.stringify(events)).not.toMatch(/1234\W*5678/);
  });
});
