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

  /** Where a run belongs; undefined where this registry has not said so. */
  static linksOf(run: object, registry: RunRegistry): Links | undefined {
    return #links in run && run.#registry === registry ? run.#links : undefined;
  }
}
