import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const declarations = ["ai5.0.0", "ai5", "ai6.0.0", "ai6", "ai7.0.0", "ai"].map(
  (name) => `${name}/dist/index.d.ts`,
);

test.concurrent.each(declarations)(
  "what users write compiles against %s",
  { timeout: 120_000 },
  async (path) => {
    expect(await compilerOutput(path)).toBe("");
  },
);

test.concurrent.each(declarations.slice(3))(
  "what users write for embedding and image models compiles against %s",
  { timeout: 120_000 },
  async (path) => {
    expect(await compilerOutput(path, "users-code-of-other-models.ts")).toBe("");
  },
);

test.concurrent.each(declarations.slice(4))(
  "what users write for telemetry compiles against %s",
  { timeout: 120_000 },
  async (path) => {
    expect(await compilerOutput(path, "users-code-of-telemetry.ts")).toBe("");
  },
);

test.concurrent("the compiler would say so if it did not", { timeout: 120_000 }, async () => {
  expect(await compilerOutput("zod/index.d.ts")).toContain("TS2614");
});

/** What the compiler says of users' code where the name `ai` means other declarations. */
async function compilerOutput(path: string, usersCode = "users-code.ts"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "complianceguard-types-"));
  try {
    const project = join(folder, "tsconfig.json");
    const compilerOptions = {
      paths: { ai: [join(root, "node_modules", path)] },
      typeRoots: [join(root, "node_modules/@types")],
      rootDir: root,
      noUnusedLocals: false,
    };
    const files = [join(root, "test/ai-sdk", usersCode)];
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] };
    await writeFile(project, JSON.stringify(config));
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    return await promisify(execFile)(process.execPath, [compiler, "-p", project]).then(
      ({ stdout }) => stdout,
      (failed: { readonly stdout: string }) => failed.stdout,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
