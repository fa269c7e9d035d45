import type { Links, RunRegistry } from "./run-registry.ts";

/** A run that carries where it belongs, as the registry that started it says. To any other it is a stranger. */
export abstract class LinkedRun {
  #registry: RunRegistry | undefined;
  #links: Links | undefined;

  /** Says where a run belongs. */
  static link(run: LinkedRun, registry: RunRegistry, links: Links): void {
    run.#registry = registry;
    run.#links = links;
  }

  /** Where a run belongs; undefined where this registry has not said so, and for what is no run at all. */
  static linksOf(run: unknown, registry: RunRegistry): Links | undefined {
    if (typeof run !== "object" || run === null || !(#links in run)) return undefined;
    return run.#registry === registry ? run.#links : undefined;
  }
}
