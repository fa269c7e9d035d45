import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const VITEST = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
const REPORTER = join(import.meta.dirname, "tally-reporter.ts");

const green = "test('a', () => {}); test('b', () => {}); test.skip('c', () => {});";

test.each([
  ["passes", green, 0, "2 passed, 0 failed, 1 skipped"],
  ["has a failing test", `${green} test('d', () => { throw 1; });`, 1, "2 passed, 1 failed, 1 skipped"],
  ["fails to load", "throw new Error('no');", 1, "0 passed, 1 failed, 0 skipped"],
  ["has a hook that fails", `${green} afterAll(() => { throw 1; });`, 1, "2 passed, 1 failed, 1 skipped"],
  ["leaves a rejection", `${green} Promise.reject(new Error('no'));`, 1, "2 passed, 1 failed, 1 skipped"],
])(
  "a file that %s is counted",
  async (_what, source, exitCode, tally) => {
    const root = await mkdtemp(join(tmpdir(), "complianceguard-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    await writeFile(join(root, "some.test.js"), source);
    const args = [VITEST, "run", "--root", root, "--globals", "--reporter", REPORTER];
    const ended = await promisify(execFile)(process.execPath, args).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => error,
    );
    expect(ended.stdout.trim().split("\n").at(-1)).toBe(tally);
    expect(ended.code).toBe(exitCode);
  },
  30_000,
);
