import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { ComplianceGuardError } from "../core/errors.ts";
import type { ChainHead } from "../evidence/chain-report.ts";
import type { ChainAnswer } from "../server/chain-routes.ts";
import type { PlatformApi } from "./platform-api.ts";

/** A chain to read, one link after the other, and the head its source states once all were read. */
export interface ChainSource {
  readonly links: AsyncIterable<unknown>;
  readonly statedHead: () => ChainHead | undefined;
}

/** The chain of a server, a page at a time. */
export function chainOfServer(platform: PlatformApi): ChainSource {
  let head: ChainHead | undefined;
  async function* links(): AsyncGenerator<unknown> {
    for (let after: number | null = 0; after !== null; ) {
      const page = readPage(await platform.get(`/v1/chain?limit=1000&after=${after}`), after);
      yield* page.links;
      head = page.head;
      after = page.nextAfter;
    }
  }
  return { links: links(), statedHead: () => head };
}

/** The chain in an export: a JSON text a line. A line that is no JSON is given as the text it is, and found by the check. */
export function chainOfFile(path: string): ChainSource {
  async function* links(): AsyncGenerator<unknown> {
    const lines = path === "-" ? createInterface({ input: process.stdin }) : (await open(path)).readLines();
    for await (const line of lines) yield parse(line);
  }
  return { links: links(), statedHead: () => undefined };
}

function readPage(answer: unknown, after: number): ChainAnswer {
  const { links, nextAfter, head } = Object(answer) as Partial<ChainAnswer>;
  const movesOn = nextAfter === null || (Number.isSafeInteger(nextAfter) && Number(nextAfter) > after);
  if (!Array.isArray(links) || !movesOn || typeof head !== "object") {
    throw new ComplianceGuardError(
      "invalid_answer",
      "what answered is not an embedded ComplianceGuard platform",
    );
  }
  return answer as ChainAnswer;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
