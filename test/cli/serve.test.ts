import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { testDirectory } from "../server/test-platform.ts";
import { CLI, ownVariablesOnly, runCli } from "./run-cli.ts";

/** A server in a process of its own, once it has said how to use it. */
async function serve(
  cwd: string,
  {
    args = [],
    env = {},
  }: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const child = spawn(process.execPath, [CLI, "serve", "--port", "0", ...args], {
    cwd,
    env: { ...ownVariablesOnly(), ...env },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith("Ctrl+C")) break;
  }
  const printed = lines.join("\n");
  const variables = Object.fromEntries(
    [...printed.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>;
  const stop = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exit;
  };
  return { printed, variables, stop };
}

test("prints once how to use it: with its two lines every command works", async () => {
  const cwd = await testDirectory();
  const first = await serve(cwd, { args: ["--system", "a", "--system", "b"] });
  expect(Object.keys(first.variables)).toEqual(["COMPLIANCEGUARD_BASE_URL", "COMPLIANCEGUARD_API_KEY"]);
  expect(first.printed).toContain(join(cwd, ".complianceguard/platform"));
  const env = first.variables;
  expect(await runCli(["system", "add", "c"], { env })).toMatchObject({
    exitCode: 0,
    stdout: "registered c\n",
  });
  expect(await runCli(["verify"], { env })).toMatchObject({ exitCode: 0 });
  const answer = await fetch(`${env["COMPLIANCEGUARD_BASE_URL"]}/v1/systems`, {
    headers: { "x-api-key": env["COMPLIANCEGUARD_API_KEY"] ?? "" },
  });
  expect(await answer.json()).toMatchObject({
    systems: [{ systemId: "a" }, { systemId: "b" }, { systemId: "c" }],
  });
  expect(await first.stop("SIGTERM")).toBe(0);
}, 30_000);

test.each(["SIGINT", "SIGTERM"] as const)(
  "ends on %s with exit code 0",
  async (signal) => {
    const server = await serve(await testDirectory(), {
      env: { COMPLIANCEGUARD_SERVER_API_KEY: "given-given-given-given" },
    });
    expect(server.printed).not.toContain("given-given");
    expect(server.variables).not.toHaveProperty("COMPLIANCEGUARD_API_KEY");
    expect(await server.stop(signal)).toBe(0);
  },
  30_000,
);

test("a bad option is named: exit code 1", async () => {
  const cwd = await testDirectory();
  const { exitCode, stdout, stderr } = await runCli(["serve", "--host", "0.0.0.0"], { cwd });
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("behindProxy");
});
