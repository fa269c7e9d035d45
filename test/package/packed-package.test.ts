import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packedProject, root } from "../support/packed-project.ts";

const run = promisify(execFile);
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};
const doors = Object.keys(manifest.exports).filter((door) => door !== "./package.json");

const nodes = {
  "22.13.0": join(root, "node_modules/node-22/bin/node"),
  "24": join(root, "node_modules/node/bin/node"),
};

let project: string;

/** A project that has installed the packed package, its dependencies and its optional peers. */
beforeAll(async () => {
  project = (await packedProject()).folder;
}, 120_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe.each(Object.entries(nodes))("on Node %s", (_version, node) => {
  test.each(doors)("%s can be imported and required, and gives the same names", async (door) => {
    const specifier = join("complianceguard", door);
    const names = "Object.keys(door).filter((name) => name !== '__esModule').sort().join()";
    await writeFile(
      join(project, "import.mjs"),
      `import * as door from "${specifier}"; console.log(${names});`,
    );
    await writeFile(
      join(project, "require.cjs"),
      `const door = require("${specifier}"); console.log(${names});`,
    );
    const imported = await run(node, ["import.mjs"], { cwd: project });
    const required = await run(node, ["require.cjs"], { cwd: project });
    expect(imported.stdout.length).toBeGreaterThan(5);
    expect(required.stdout).toBe(imported.stdout);
    expect(imported.stderr).toBe("");
  });

  test("the command line answers, and a server started from the package serves", async () => {
    const command = join(project, "node_modules/complianceguard", manifest.bin["complianceguard"] as string);
    const help = await run(node, [command, "--help"], { cwd: project });
    expect(help.stdout).toContain("serve");
    const script = `
      import { startServer } from "complianceguard/server";
      import { createRecorder } from "complianceguard";
      const server = await startServer({ directory: "platform-" + process.version, port: 0, systems: ["s"] });
      const recorder = createRecorder({ baseUrl: server.url, apiKey: server.apiKey, systemId: "s", version: "1", decisionClassification: "not_classified" });
      await recorder.start({ kind: "model", input: () => ({}) }).succeed({ output: {} });
      console.log(JSON.stringify(await recorder.close()));
      await server.close();
    `;
    await writeFile(join(project, "serve.mjs"), script);
    const served = await run(node, ["serve.mjs"], { cwd: project });
    expect(JSON.parse(served.stdout)).toEqual({ delivered: 3, waiting: 0, deadLetters: 0 });
    expect(served.stderr).toBe("");
  });
});
