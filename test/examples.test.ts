import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
const files = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));

/** What each example must print: an example without a line here fails. */
const prints: Record<string, RegExp[]> = {
  "first-event.ts": [/is number 1 of the record, hash [0-9a-f]{64}/, /only as [0-9a-f]{64} and [0-9a-f]{64}/],
  "encrypted-payload.ts": [
    /the auditor reads \{ applicant: 7 \} \{ shortlist: true \}/,
    /field: 'modelId', sealed: 'gpt-5', shown: 'another-model'/,
  ],
  "human-override.ts": [/\d model decided [0-9a-f]{64}/, /\d human override [0-9a-f]{64}/],
  "call-trace.ts": [
    /applicant 7:[\s\S]*provider_status: 'success'/,
    /provider_status: '429'/,
    /provider_error_message: '[0-9a-f]{64}'/,
  ],
  "langchain-agent.ts": [/Short-list applicant 7\./, /tool score application-7/, /agent +application-7/],
  "ai-sdk-stream.ts": [
    /Short-list applicant 7\./,
    /delivered: 3, waiting: 0, deadLetters: 0/,
    /gpt-5 application-7/,
  ],
  "nextjs-route.ts": [
    /"type":"tool-output-available".*"score":0\.7/,
    /"delta":"Short-list "/,
    /delivered: 4, waiting: 0, deadLetters: 0/,
    /tool score 0197b0a4-7c1e-7000-8000-000000000007/,
  ],
  "serverless.ts": [
    /answered: \{"shortlist":true\}/,
    /delivered: 2, waiting: 0, deadLetters: 0/,
    /model gpt-5 application-7/,
  ],
};

describe("every example", () => {
  test.each(files)(
    "%s has at most 60 lines, runs offline, and prints what it promises",
    async (name) => {
      const file = join("examples", name);
      expect(readFileSync(join(root, file), "utf8").split("\n").length - 1).toBeLessThanOrEqual(60);
      const { stdout, stderr } = await run(process.execPath, [file], { cwd: root, timeout: 60_000 });
      for (const pattern of prints[name] ?? [/an example that is not listed here/])
        expect(stdout).toMatch(pattern);
      expect(stderr).toBe("");
    },
    70_000,
  );

  test("none is missing", () => {
    expect(files.sort()).toEqual(Object.keys(prints).sort());
  });
});
