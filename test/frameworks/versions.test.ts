import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PackedProject, packedProject, root } from "../support/packed-project.ts";
import type { EventLine } from "./programs/recording.ts";

const run = promisify(execFile);

type Recorded = Readonly<Record<string, readonly EventLine[] | string>>;

/** The trees an application may have, and what can be done in each. Those of their own are installed from their lock file. */
const trees = {
  newest: { modules: join(root, "node_modules"), sets: ["core", "agents"] },
  "core-1.0": { modules: undefined, sets: ["core", "agents"] },
  "core-1.1": { modules: undefined, sets: ["core", "agents"] },
  "core-alone": { modules: undefined, sets: ["core", "copies"] },
} as const;

const programs = { "ECMAScript modules": "programs/import.ts", CommonJS: "programs/require.cjs" };

const projects = new Map<string, PackedProject>();
let newest: Recorded;

beforeAll(async () => {
  await Promise.all(
    Object.entries(trees).map(async ([name, { modules }]) => {
      const project = await packedProject(modules ?? (await installed(join(import.meta.dirname, name))));
      await cp(join(import.meta.dirname, "programs"), join(project.folder, "programs"), { recursive: true });
      projects.set(name, project);
    }),
  );
  newest = await recordedIn("newest", programs["ECMAScript modules"]);
}, 300_000);

afterAll(async () => {
  for (const project of projects.values()) await project[Symbol.asyncDispose]();
});

/** Installs what the lock file of a folder names, unless it has been, and gives the modules. */
async function installed(folder: string): Promise<string> {
  const modules = join(folder, "node_modules");
  const mark = join(modules, ".installed");
  const lock = createHash("sha256")
    .update(await readFile(join(folder, "package-lock.json")))
    .digest("hex");
  if ((await readFile(mark, "utf8").catch(() => "")) === lock) return modules;
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
  });
  await writeFile(mark, lock);
  return modules;
}

async function recordedIn(tree: keyof typeof trees, program: string): Promise<Recorded> {
  const { folder } = projects.get(tree) as PackedProject;
  const { stdout } = await run(process.execPath, [program, ...trees[tree].sets], {
    cwd: folder,
    maxBuffer: 10 ** 7,
  });
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n"))) as Recorded;
}

describe.each(Object.keys(trees) as (keyof typeof trees)[])(
  "with the tree %s",
  { timeout: 120_000 },
  (tree) => {
    test.each(Object.entries(programs))(
      "what an application does is recorded the same, as %s",
      async (_, program) => {
        const recorded = await recordedIn(tree, program);
        const { "two copies of core": copies, ...others } = recorded;
        expect(others).toEqual(expectedOf(Object.keys(others)));
        expect(Object.keys(others).length).toBeGreaterThan(trees[tree].sets.length * 5);
        if (copies !== undefined)
          expect(eventsOf(copies)).toEqual(["chain success", "model success", "model success"]);
      },
    );

    test.each(["ECMAScript modules", "CommonJS"])("what users write compiles, as %s", async (system) => {
      expect(await compilerOutput(tree, system === "CommonJS" ? ".cts" : ".mts")).toBe("");
    });
  },
);

test("what is recorded is what was done", () => {
  const shown = Object.entries(newest).map(([name, lines]) => [name, eventsOf(lines)]);
  expect(Object.fromEntries(shown)).toEqual(expectedEvents);
});

test("the compiler would say so if what users write did not compile", async () => {
  const { folder } = projects.get("core-1.0") as PackedProject;
  await writeFile(join(folder, "wrong.mts"), 'import { nothing } from "complianceguard/langchain";');
  expect(await compilerOutput("core-1.0", "wrong.mts")).toContain("TS2305");
});

const called = ["agent success", "model success", "tool success", "model success"];
const reviewed = ["agent interrupted", "agent success", "model success", "model success"];
const expectedEvents = {
  "a chain of prompt, model and parser": ["chain success", "model success"],
  "the same chain streamed": ["chain success", "model success"],
  "a stream that its consumer walks away from": ["model abandoned"],
  "a batch": ["model success", "model success"],
  "one handler in the constructor, bound and given to the call": [
    "model success",
    "chain success",
    "model success",
  ],
  "a model that fails and is tried again": ["chain success", "model error:Error", "model success"],
  "a text model": ["model success"],
  "an answer from the cache": ["model success", "model success"],
  "a retrieval": ["retriever success"],
  "tools outside an agent": ["tool success", "tool success", "tool error:Error"],
  "steps in parallel": ["step success", "step success", "chain success"],
  "an abort": ["chain cancelled"],
  "an agent with a tool": called,
  "an agent that is streamed": called,
  "an agent whose callbacks are bound and given": called,
  "calls in parallel, of which one throws": [
    "agent success",
    "model success",
    "model success",
    "model success",
    "tool error:Error",
    "tool success",
    "tool success",
  ],
  "calls that never run": ["tool error:ToolNotExecuted", "tool error:ToolNotExecuted"],
  "a review that is approved in a resumed run": [
    ...reviewed,
    "tool success",
    "review approve",
    "review pending",
  ],
  "a review that edits": [...reviewed, "tool success", "review override", "review pending"],
  "a review that rejects": [...reviewed, "tool error:ToolNotExecuted", "review pending", "review reject"],
  "an interrupt of a nested graph, and its resume": ["agent interrupted", "review pending", "agent success"],
  "a model that is broken": ["agent error:Error", "model error:Error"],
  "a tool that the policy refuses": ["record_not_kept"],
  "a tool that waits for a person": [
    "agent success",
    "model success",
    "review pending",
    "review reject",
    "tool error:ToolNotExecuted",
    "model success",
  ],
  "a tool that asks a person": [
    "agent success",
    "model success",
    "tool success",
    "review pending",
    "review approve",
    "model success",
  ],
};

/** What the newest versions record of some scenarios. */
function expectedOf(names: readonly string[]): Recorded {
  return Object.fromEntries(Object.entries(newest).filter(([name]) => names.includes(name)));
}

function eventsOf(lines: Recorded[string]): readonly string[] {
  return typeof lines === "string" ? [lines] : lines.map(({ event }) => event);
}

/** What the compiler of this project says of the users' code in a tree, or of one file there. */
async function compilerOutput(tree: keyof typeof trees, file: string): Promise<string> {
  const { folder } = projects.get(tree) as PackedProject;
  const compilerOptions = {
    target: "es2024",
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    // The frameworks' own declarations do not compile.
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  const files = file.startsWith(".") ? await usersCode(tree, file as ".cts" | ".mts") : [file];
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  return await run(process.execPath, [compiler, "-p", folder]).then(
    ({ stdout }) => stdout,
    (failed: { readonly stdout: string }) => failed.stdout,
  );
}

/** Writes the users' code as modules of one system. */
async function usersCode(tree: keyof typeof trees, ending: ".cts" | ".mts"): Promise<string[]> {
  const { folder } = projects.get(tree) as PackedProject;
  const sets: readonly string[] = trees[tree].sets;
  const names = sets.includes("agents") ? ["users-core", "users-agents"] : ["users-core"];
  for (const name of names) {
    const code = await readFile(join(import.meta.dirname, `programs/${name}.ts`), "utf8");
    const imported = code.replace("./users-core.ts", `./users-core${ending}`);
    // LangChain's two builds are two types to the compiler: a tool of the one is none of the other.
    const cast = ending === ".cts" ? imported.replace("asking]", "asking as never]") : imported;
    await writeFile(join(folder, `${name}${ending}`), cast);
  }
  return names.map((name) => `${name}${ending}`);
}
