// A process that keeps events until it is killed, and tells of each on its standard output once the outbox has it. Run by tests.
import { randomUUID } from "node:crypto";
import { openOutbox } from "../../src/outbox/outbox.ts";
import { writtenBody } from "./written-event.ts";

const [directory = "", baseUrl = "", apiKey = "", writers = "4", paceMs = "0", limit = "Infinity"] =
  process.argv.slice(2);
const outbox = openOutbox({ directory, baseUrl, apiKey, timeoutMs: 2_000 });

function eventOf(eventId: string, kind: "abandoned" | "ended"): { eventId: string; body: Buffer } {
  return { eventId, body: Buffer.from(writtenBody(eventId, kind)) };
}

function tell(kind: string, eventId: string): void {
  process.stdout.write(`${kind} ${eventId}\n`);
}

/** Whether the outbox has it; an outbox that refuses is told of, too. */
async function told(kind: string, eventId: string, work: Promise<void>): Promise<void> {
  try {
    await work;
    tell(kind, eventId);
  } catch {
    tell("refused", eventId);
  }
}

async function write(): Promise<void> {
  for (let count = 0; count < Number(limit); count++) {
    const eventId = randomUUID();
    await told("begun", eventId, outbox.begin(eventOf(eventId, "abandoned")));
    if (Number(paceMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(paceMs)));
    await told("kept", eventId, outbox.submit(eventOf(eventId, "ended")));
  }
}

// Its code is loaded; what follows touches the disk.
tell("opening", "");
await Promise.all(Array.from({ length: Number(writers) }, write));
// On a disk that goes on failing nothing more comes of waiting.
tell("closed", JSON.stringify(await outbox.close({ timeoutMs: 5_000 })));
