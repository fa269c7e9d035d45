import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { closedPort } from "../client/platform-double.ts";
import { testDirectory } from "../server/test-platform.ts";

const PROGRAM = join(import.meta.dirname, "recording-process.ts");

test("killed with calls in flight, a process leaves neither content nor keys in any byte of the directory", async () => {
  const directory = await testDirectory();
  const apiKey = `canary-${randomBytes(12).toString("hex")}`;
  const payloadKey = randomBytes(32);
  const content = `canary-${randomBytes(12).toString("hex")}`;
  const args = [directory, await closedPort(), apiKey, payloadKey.toString("base64"), content];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let kept = 0;
  const lines = createInterface({ input: child.stdout });
  lines.on("line", () => {
    if (++kept === 40) child.kill("SIGKILL");
  });
  await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");

  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  const bytes = Buffer.concat(files);
  // The search finds what is there: the records are on the disk, in clear what may be.
  expect(bytes.includes('"modelId":"gpt-5"')).toBe(true);
  expect(bytes.includes('"provider_status":"success"')).toBe(true);
  expect(bytes.includes('"provider_status":"abandoned"')).toBe(true);
  for (const canary of [apiKey, content].map((text) => Buffer.from(text)).concat(payloadKey)) {
    for (const form of [
      canary,
      canary.toString("hex"),
      canary.toString("base64").replace(/=+$/, ""),
      canary.toString("base64url"),
    ]) {
      expect(bytes.includes(form)).toBe(false);
    }
  }
}, 30_000);
