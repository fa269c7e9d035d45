import { execFile } from "node:child_process";
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../../src/server/event-database.ts";
import { startServer } from "../../src/server/serve.ts";
import { caught, codeOf } from "../support/error-code.ts";
import { ask, eventFields, post, readChain, testDirectory, testPlatform } from "./test-platform.ts";

const run = promisify(execFile);
const ENVIRONMENT_ID = "11111111-1111-7111-8111-111111111111";

test("a commit waits for the disk, and the file is this process's alone", async () => {
  const database = openDatabase(join(await testDirectory(), "platform.db"), ENVIRONMENT_ID);
  const pragmas = ["journal_mode", "synchronous", "locking_mode", "trusted_schema"].map(
    (name) => database.prepare(`PRAGMA ${name}`).get()?.[name],
  );
  database.close();
  expect(pragmas).toEqual(["wal", 2, "exclusive", 0]);
});

describe("what is kept on the disk", () => {
  test("is for its owner alone", async () => {
    const directory = join(await testDirectory(), "new", "platform");
    const server = await testPlatform({ directory });
    await post(server, eventFields());
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await modeOf(directory)).toBe(0o700);
    expect(await modeOf(join(directory, ".."))).toBe(0o700);
    expect(await modeOf(join(directory, "platform.db"))).toBe(0o600);
    expect(await modeOf(join(directory, "platform.db-wal"))).toBe(0o600);
  });

  test("is for its owner alone again where somebody opened it up", async () => {
    const directory = await testDirectory();
    await (await startServer({ directory, port: 0 })).close();
    await chmod(join(directory, "platform.db"), 0o644);
    await testPlatform({ directory });
    expect((await stat(join(directory, "platform.db"))).mode & 0o777).toBe(0o600);
  });

  test.each([
    ["is a file", "file"],
    ["lies in a file", "file/platform"],
    ["cannot be made, even where mkdir would try for ever", "/proc/x"],
  ])("is refused, naming the directory, where that %s", async (_what, name) => {
    const parent = await testDirectory();
    await writeFile(join(parent, "file"), "precious");
    const directory = resolve(parent, name);
    const error = await caught(() => startServer({ directory, port: 0 }));
    expect(error?.code).toBe("server_error");
    expect(error?.message).toMatch(`${directory}: `);
    expect(error?.message).not.toMatch(/\bE[A-Z]{4,}/);
  });

  test("is there after a restart, and the chain goes on", async () => {
    const directory = await testDirectory();
    const first = await testPlatform({ directory });
    const event = eventFields();
    const before = await post(first, event);
    await first.close();

    const second = await testPlatform({ directory, systems: [] });
    expect((await post(second, event)).body).toEqual(before.body);
    const after = await post(second, eventFields());
    expect(after.body).toMatchObject({
      sequence_number: 2,
      environment_id: before.body.environment_id,
    });
    const { body } = await ask(second, `/v1/events/${after.body.event_id}`);
    expect(body.previousEventHash).toBe(before.body.event_hash);
  });
});

describe("a second server on the same directory is refused", () => {
  test("in the same process, and the first stays locked and working", async () => {
    const directory = await testDirectory();
    const server = await testPlatform({ directory });
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await caught(() => startServer({ directory, port: 0 }));
      expect(error?.code).toBe("server_error");
      expect(error?.message).toContain(directory);
    }
    expect((await post(server, eventFields())).status).toBe(201);
    expect((await readChain(server)).links).toHaveLength(1);
  });

  test("in another process", async () => {
    const directory = await testDirectory();
    await testPlatform({ directory });
    const serve = [join(import.meta.dirname, "../../src/cli/main.ts"), "serve", "--port", "0", "--directory"];
    const failed = await run(process.execPath, [...serve, directory]).catch((error) => error);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("another server");
  });

  test("and let in once the first is closed", async () => {
    const directory = await testDirectory();
    const first = await testPlatform({ directory });
    await first.close();
    await first.close();
    const second = await testPlatform({ directory });
    expect((await post(second, eventFields())).status).toBe(201);
  });
});

describe("a file is refused", () => {
  const change = async (sql: string): Promise<string> => {
    const directory = await testDirectory();
    await (await startServer({ directory, port: 0 })).close();
    const database = new DatabaseSync(join(directory, "platform.db"));
    database.exec(sql);
    database.close();
    return directory;
  };

  test.each([
    ["of a newer version", "PRAGMA user_version = 2"],
    ["of another application", "PRAGMA application_id = 1"],
    ["of no version", "PRAGMA user_version = 0; PRAGMA application_id = 0"],
  ])("%s", async (_what, sql) => {
    const directory = await change(sql);
    expect(await codeOf(() => startServer({ directory, port: 0 }))).toBe("server_error");
  });

  test("that is no database, and it stays as it is", async () => {
    const directory = await testDirectory();
    const text = "somebody's notes ".repeat(100);
    await writeFile(join(directory, "platform.db"), text);
    expect(await codeOf(() => startServer({ directory, port: 0 }))).toBe("server_error");
    expect((await stat(join(directory, "platform.db"))).size).toBe(text.length);
  });

  test("that is a directory", async () => {
    const directory = await testDirectory();
    await mkdir(join(directory, "platform.db"));
    expect(await codeOf(() => startServer({ directory, port: 0 }))).toBe("server_error");
  });
});

test("a port that is taken is named", async () => {
  const { port } = await testPlatform();
  const directory = await testDirectory();
  const error = await caught(() => startServer({ directory, port }));
  expect(error?.code).toBe("server_error");
  expect(error?.message).toContain(String(port));
  // The directory is free again.
  await testPlatform({ directory });
});
