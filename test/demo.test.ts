import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startOpenAiServer } from "./support/openai-server.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");

async function demo(environment: Record<string, string> = {}): Promise<string> {
  const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL, ...rest } = process.env;
  const options = { cwd: root, env: { ...rest, ...environment }, timeout: 60_000 };
  const { stdout, stderr } = await run(process.execPath, ["examples/demo/main.ts"], options);
  expect(stderr).toBe("");
  return stdout;
}

test("with its own model, the demo records both agents, the review and the chain", async () => {
  const output = await demo();
  expect(output).toContain("The model is a scripted local one");
  for (const kind of ["retriever", "tool job_requirements", "tool score_applicant", "agent"]) {
    expect(output).toMatch(new RegExp(`\\d+ +${kind} `));
  }
  expect(output).toMatch(/by stated-answer \(unattributed, asserted\)/);
  expect(output.match(/^ +\d+ +model .*success/gm)).toHaveLength(6);
  expect(output).toMatch(/no\. (\d+) decided +output ([0-9a-f]{12})[\s\S]*?no\. \d+ overrode output \2/);
  expect(output).toMatch(/fields are as they were sent, 0 differ/);
  expect(output).toMatch(/differs: modelId was scripted-screener-1, is shown as another-model/);
  expect(output).toMatch(/refused: decryption_failed/);
  expect(output).toMatch(/result: consistent \(self-consistent only\)/);
}, 70_000);

test("with an endpoint that does not answer, it says which one, and ends with an error", async () => {
  const failed = demo({
    OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
    OPENAI_API_KEY: "key",
    OPENAI_MODEL: "plain-7b",
  });
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^\nThe demo stopped at step 3, with plain-7b at http:\/\/127\.0\.0\.1:1\/v1: .*\n$/,
    ),
  });
}, 70_000);

test("with another endpoint, also one whose model writes no tool call, it says so and goes the whole way", async () => {
  await using server = await startOpenAiServer([{ text: "Short-list applicant 7.", model: "plain-7b" }]);
  const output = await demo({
    OPENAI_BASE_URL: server.baseURL,
    OPENAI_API_KEY: "key",
    OPENAI_MODEL: "plain-7b",
  });
  expect(output).toContain(`The model is plain-7b at ${new URL(server.baseURL).origin}`);
  expect(output).toMatch(/ model +plain-7b +success/);
  expect(output).toMatch(/no\. \d+ overrode/);
  expect(output).toMatch(/result: consistent/);
  expect(server.requests.every(({ headers }) => headers.authorization === "Bearer key")).toBe(true);
}, 70_000);
