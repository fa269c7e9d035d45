import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FileLock } from "../../src/outbox/file-lock.ts";
import { testDirectory } from "../server/test-platform.ts";

const SOURCE = JSON.stringify(join(import.meta.dirname, "../../src/outbox/file-lock.ts"));

/** Another process that tries to take a lock, says whether it has it, and keeps it until it is killed. */
async function otherProcess(path: string) {
  const program = `import { FileLock } from ${SOURCE};
    const lock = FileLock.take(${JSON.stringify(path)});
    console.log(lock ? "taken" : "held");
    setInterval(() => lock, 1_000);`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = await once(child.stdout, "data");
  return {
    said: String(said).trim(),
    async kill(): Promise<void> {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

test("a new name is locked for its owner alone; one that is taken is not", async () => {
  const path = join(await testDirectory(), "lock");
  const lock = FileLock.create(path);
  expect(lock).toBeDefined();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(FileLock.create(path)).toBeUndefined();
  expect(FileLock.take(path)).toBeUndefined();
  lock?.release();
  expect(existsSync(path)).toBe(true);
  // Taken by name, though nobody holds it: names are not used twice.
  expect(FileLock.create(path)).toBeUndefined();
  const again = FileLock.take(path);
  expect(again).toBeDefined();
  again?.remove();
  expect(existsSync(path)).toBe(false);
});

test("another process cannot take what this one holds, and holds what it takes until it is killed", async () => {
  const path = join(await testDirectory(), "lock");
  const lock = FileLock.create(path);
  const first = await otherProcess(path);
  expect(first.said).toBe("held");
  lock?.release();
  const second = await otherProcess(path);
  expect(second.said).toBe("taken");
  expect(FileLock.take(path)).toBeUndefined();
  await second.kill();
  const taken = FileLock.take(path);
  expect(taken).toBeDefined();
  taken?.release();
});

test("what is no lock, or lies where none can be made, is trouble rather than a lock that is held", async () => {
  const directory = await testDirectory();
  writeFileSync(join(directory, "text"), "x".repeat(5_000));
  expect(() => FileLock.take(join(directory, "text"))).toThrow();
  expect(() => FileLock.create(join(directory, "none", "lock"))).toThrow();
});
