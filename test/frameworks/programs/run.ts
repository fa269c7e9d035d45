import { agentScenarios } from "./agent-scenarios.ts";
import { coreScenarios, twoCopies } from "./core-scenarios.ts";
import type { EventLine, Load } from "./recording.ts";

/** Runs the named sets of scenarios and prints what each recorded, on a line of its own. */
export async function run(load: Load, sets: readonly string[]): Promise<void> {
  const all = {
    ...(sets.includes("core") && coreScenarios),
    ...(sets.includes("agents") && agentScenarios),
    ...(sets.includes("copies") && { "two copies of core": twoCopies }),
  };
  const recorded: Record<string, readonly EventLine[] | string> = {};
  for (const [name, scenario] of Object.entries(all)) {
    try {
      recorded[name] = await scenario(load);
    } catch (error) {
      recorded[name] = String(error instanceof Error ? error.stack : error);
    }
  }
  process.stdout.write(`\n${JSON.stringify(recorded)}`);
}
