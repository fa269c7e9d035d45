import type { FetchedEvent } from "complianceguard";

let steps = 0;

/** A line of progress. */
export function step(text: string): void {
  console.log(`\n${++steps}. ${text}`);
}

/** The number of the step that was announced last. */
export function stepsSoFar(): number {
  return steps;
}

/** All events of a listing. */
export async function listed(events: AsyncIterable<FetchedEvent>): Promise<FetchedEvent[]> {
  const all: FetchedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** A table of events, and the override beside the decision it corrects. */
export function showEvents(events: readonly FetchedEvent[]): void {
  const rows = events.map((event) => {
    const performance = event.systemState?.["performance"] as Record<string, unknown> | undefined;
    return [
      event.sequenceNumber,
      [event.actor?.type, event.actor?.name].filter(Boolean).join(" "),
      event.modelId,
      performance?.["provider_status"] ?? event.humanOversight?.["decision"] ?? "",
      performance ? `${performance["latency_ms"]} ms` : "",
      event.inputReference.slice(0, 12),
      event.outputReference.slice(0, 12),
    ].map(String);
  });
  printTable([["no.", "actor", "model", "status", "latency", "input", "output"], ...rows]);
  const override = events.find(({ humanOversight }) => humanOversight?.["interventionType"] === "override");
  const review = override?.systemState?.["review"] as Record<string, unknown> | undefined;
  const reviewed = events.find(({ eventId }) => eventId === review?.["reviewed_event_id"]);
  if (!override || !reviewed) return;
  console.log(
    `\n  no. ${reviewed.sequenceNumber} decided  output ${reviewed.outputReference.slice(0, 12)}  by ${reviewed.modelId}`,
  );
  const by = `${override.humanOversight?.["reviewerId"]} (${override.humanOversight?.["reviewerType"]}, ${review?.["authentication"]})`;
  console.log(
    `  no. ${override.sequenceNumber} overrode output ${override.inputReference.slice(0, 12)}  by ${by}`,
  );
  console.log(`  reason: ${override.humanOversight?.["notes"]}`);
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows)
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`);
}
