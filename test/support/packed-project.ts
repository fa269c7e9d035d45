import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The root of this project. */
export const root: string = resolve(import.meta.dirname, "../..");

/** A folder in which an application has installed the packed package. */
export interface PackedProject extends AsyncDisposable {
  readonly folder: string;
}

/**
 * Packs the package and installs it beside the modules of another project, as npm would: with dependencies of its own, and
 * with the frameworks it finds there for peers.
 * @param modules The other project's `node_modules`. @default this project's
 */
export async function packedProject(modules: string = join(root, "node_modules")): Promise<PackedProject> {
  const folder = await mkdtemp(join(tmpdir(), "complianceguard-packed-"));
  const installed = join(folder, "node_modules/complianceguard");
  await mkdir(installed, { recursive: true });
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const [packed] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  await run("tar", ["-xzf", join(folder, packed as string), "-C", installed, "--strip-components=1"]);
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const name of await readdir(modules)) {
    if (!name.startsWith(".")) await link(join(modules, name), join(folder, "node_modules", name));
  }
  const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(manifest.dependencies)) {
    await link(join(root, "node_modules", name), join(installed, "node_modules", name));
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(resolve(path, ".."), { recursive: true });
  await symlink(target, path, "dir");
}
