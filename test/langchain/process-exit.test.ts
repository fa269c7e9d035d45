import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { testOutbox } from "../outbox/fixtures.ts";
import { recorded } from "../outbox/writers.ts";
import { API_KEY, testDirectory, testPlatform } from "../server/test-platform.ts";

describe.each([
  ["ECMAScript modules", "exiting-process.ts"],
  ["CommonJS", "exiting-process.cjs"],
])("a process of %s that exits right after an awaited call", (_, program) => {
  test.each([["true"], [undefined]])(
    "has lost nothing, with LANGCHAIN_CALLBACKS_BACKGROUND=%s",
    async (background) => {
      const server = await testPlatform();
      const cwd = await testDirectory();
      const { LANGCHAIN_CALLBACKS_BACKGROUND: __, ...environment } = process.env;
      await promisify(execFile)(process.execPath, [join(import.meta.dirname, program)], {
        cwd,
        env: {
          ...environment,
          ...(background && { LANGCHAIN_CALLBACKS_BACKGROUND: background }),
          COMPLIANCEGUARD_BASE_URL: server.url,
          COMPLIANCEGUARD_API_KEY: API_KEY,
        },
      });
      const outbox = testOutbox({ directory: join(cwd, ".complianceguard"), baseUrl: server.url });
      await outbox.ready();
      expect(await outbox.flush({ timeoutMs: 20_000 })).toMatchObject({ waiting: 0, deadLetters: 0 });
      await outbox.close();
      const told = [...(await recorded(server)).values()].map(({ body }) => {
        const { actor, systemState } = JSON.parse(body) as {
          actor: { type: string };
          systemState: { performance?: { provider_status: string } };
        };
        return `${actor.type} ${systemState.performance?.provider_status}`;
      });
      expect(told.sort()).toEqual(["agent success", "model success", "recorder undefined"]);
    },
  );
});
