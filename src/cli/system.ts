import { visibleText } from "../core/visible-text.ts";
import { isSystemId } from "../server/options.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { PLATFORM_HELP, platformApi } from "./platform-api.ts";

/** Registers a system at an embedded platform. */
export const command: Command = {
  help: `complianceguard system add NAME [options]

Registers the system NAME, e.g. cv-screening-prod, at an embedded platform.
${PLATFORM_HELP}`,
  run: addSystem,
};

async function addSystem(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { url: { type: "string" } }, { least: 1, most: 2 });
  const [action, systemId] = positionals;
  if (action !== "add" || systemId === undefined) throw new UsageError("use system add NAME");
  if (!isSystemId(systemId))
    throw new UsageError("NAME must be 1 to 1024 characters without control characters");
  await platformApi(values.url).post("/v1/systems", { systemId });
  console.log(`registered ${visibleText(systemId, { lines: "show" })}`);
  return 0;
}
