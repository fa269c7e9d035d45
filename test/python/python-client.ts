import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { RunningServer } from "../../src/server/serve.ts";
import { API_KEY } from "../server/test-platform.ts";

/** The version of the published client that these tests are about. */
const CLIENT_VERSION = "0.1.5";

/**
 * A Python that has the published client: `COMPLIANCEGUARD_TEST_PYTHON`, or the environment that `.ci/python-client.sh` makes.
 * Undefined where there is none.
 */
export const python: string | undefined = findPython();

/** One call of the client, its arguments in Python's names, keys as hex. */
export interface PythonCall {
  readonly name: "ingest_event" | "log_override" | "decrypt_event";
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What a call gave: the result's fields, or the error's. */
export interface PythonAnswer {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly status_code?: number;
  readonly body?: string;
  readonly system_id?: string | null;
}

/** Runs the calls, one after the other, in one Python process; `version` is Python's, `[3, 13]`. */
export async function runPython(
  server: RunningServer,
  calls: readonly PythonCall[],
): Promise<{ readonly version: readonly [number, number]; readonly answers: readonly PythonAnswer[] }> {
  const child = spawn(python as string, [join(import.meta.dirname, "driver.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ base_url: server.url, api_key: API_KEY, calls }));
  return JSON.parse(await text(child.stdout));
}

function findPython(): string | undefined {
  const candidates = [
    process.env["COMPLIANCEGUARD_TEST_PYTHON"],
    join(import.meta.dirname, "../../.venv-python/bin/python"),
  ];
  return candidates.find((candidate) => candidate && existsSync(candidate) && hasClient(candidate));
}

function hasClient(candidate: string): boolean {
  const script = "import importlib.metadata as m; print(m.version('complianceguard'))";
  return spawnSync(candidate, ["-c", script], { encoding: "utf8" }).stdout?.trim() === CLIENT_VERSION;
}
