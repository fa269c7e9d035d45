import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { destinationDirectory, isWritable, prepareDirectory, troubleOf } from "../../src/outbox/directory.ts";
import { testDirectory } from "../server/test-platform.ts";
import { codeOf } from "../support/error-code.ts";

test("every directory on the way is made for its owner alone, and a second time nothing changes", async () => {
  const top = join(await testDirectory(), "a");
  const directory = join(top, "b", "outbox", "c");
  for (let time = 0; time < 2; time++) {
    prepareDirectory(directory);
    for (let each = join(directory, "locks"); each.length >= top.length; each = dirname(each)) {
      expect(statSync(each).mode & 0o777).toBe(0o700);
    }
  }
});

test.runIf(existsSync("/proc/self"))(
  "where the system makes no directories, it is refused at once",
  async () => {
    // mkdir's `recursive` never ends there.
    expect(await codeOf(() => prepareDirectory("/proc/complianceguard/outbox/a"))).toBe("outbox_unusable");
  },
);

test.each([
  ["a file above it", (directory: string) => writeFileSync(dirname(directory), "")],
  [
    "a file in its place",
    (directory: string) => {
      mkdirSync(dirname(directory), { mode: 0o700 });
      writeFileSync(directory, "", { mode: 0o600 });
    },
  ],
  ["a link to nowhere", (directory: string) => symlinkSync("nowhere", dirname(directory))],
  [
    "a link to a directory of its owner's",
    (directory: string) => {
      mkdirSync(`${dirname(directory)}-real`, { mode: 0o700 });
      symlinkSync(`${dirname(directory)}-real`, dirname(directory));
    },
  ],
  [
    "an open directory above it",
    (directory: string) => {
      mkdirSync(dirname(directory));
      chmodSync(dirname(directory), 0o750);
    },
  ],
  [
    "open locks",
    (directory: string) => {
      mkdirSync(join(directory, "locks"), { recursive: true, mode: 0o700 });
      chmodSync(join(directory, "locks"), 0o777);
    },
  ],
])("with %s it is refused", async (_what, place) => {
  const directory = join(await testDirectory(), "outbox", "destination");
  place(directory);
  expect(await codeOf(() => prepareDirectory(directory))).toBe("outbox_unusable");
});

test("what can be written is told from what cannot, and nothing is made", async () => {
  const directory = await testDirectory();
  const file = join(directory, "file");
  writeFileSync(file, "");
  expect(isWritable(join(directory, "x", "y"))).toBe(true);
  expect(existsSync(join(directory, "x"))).toBe(false);
  expect(isWritable(file)).toBe(false);
  expect(isWritable(join(file, "x"))).toBe(false);
});

test("a file is trusted only as a plain one of its owner's, under one name", async () => {
  const directory = await testDirectory();
  const file = join(directory, "file");
  writeFileSync(file, "", { mode: 0o600 });
  expect(troubleOf(file, "file")).toBeUndefined();
  expect(troubleOf(file, "directory")).toBeDefined();
  expect(troubleOf(join(directory, "none"), "file")).toBeDefined();
  symlinkSync(file, join(directory, "link"));
  expect(troubleOf(join(directory, "link"), "file")).toBeDefined();
  chmodSync(file, 0o604);
  expect(troubleOf(file, "file")).toBeDefined();
});

test("a destination is a platform's origin and a name: nothing else tells two apart", () => {
  const of = (baseUrl: string, name: string): string => destinationDirectory("/d", baseUrl, name);
  // sha256("https://platform.example" ‖ 00 ‖ "default")
  expect(of("https://platform.example/v1/", "default")).toBe(
    "/d/outbox/44bde68096863dd6119b2336f70ff9fdbcaac1772479378c299e574673c3bb2d",
  );
  expect(of("https://platform.example", "default")).toBe(of("https://platform.example/v1/", "default"));
  expect(of("https://platform.example", "other")).not.toBe(of("https://platform.example", "default"));
  expect(of("https://other.example", "default")).not.toBe(of("https://platform.example", "default"));
});

const hasStrace = spawnSync("strace", ["-f", "-e", "trace=none", "true"]).status === 0;

test.runIf(hasStrace)("the directory above each one that is made is synced, the others are not", async () => {
  const top = await testDirectory();
  const directory = join(top, "a", "outbox", "b");
  const program = `import { prepareDirectory } from ${JSON.stringify(join(import.meta.dirname, "../../src/outbox/directory.ts"))};
prepareDirectory(${JSON.stringify(directory)}); prepareDirectory(${JSON.stringify(directory)});`;
  const traced = spawnSync(
    "strace",
    ["-f", "-y", "-qq", "-e", "trace=fsync", process.execPath, "--input-type=module", "-e", program],
    { encoding: "utf8" },
  );
  const synced = [...traced.stderr.matchAll(/fsync\(\d+<([^>]+)>/g)].map(([, path]) => path);
  expect(synced).toEqual([top, join(top, "a"), join(top, "a", "outbox"), directory]);
});
