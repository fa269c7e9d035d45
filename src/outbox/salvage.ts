import { openRecords } from "./record-schema.ts";
import { RecordStore } from "./record-store.ts";

/** What could be read of a damaged file. */
export interface Salvage {
  readonly saved: number;
  /** Records that could be found but are not what was kept. They stay in the file that was set aside. */
  readonly altered: number;
}

/**
 * Copies every record of a damaged file that is still what was kept into another store: from the front as far as SQLite can
 * read, and from the back.
 */
export function salvage(path: string, into: RecordStore): Salvage {
  let damaged: RecordStore;
  try {
    damaged = new RecordStore(openRecords(path, { readOnly: true }));
  } catch {
    return { saved: 0, altered: 0 };
  }
  const seen = new Set<number>();
  let saved = 0;
  let altered = 0;
  try {
    for (const direction of ["ASC", "DESC"] as const) {
      into.transaction(() => {
        for (const record of readable(damaged, direction)) {
          if (seen.has(record.number)) continue;
          seen.add(record.number);
          if (!record.isIntact) {
            altered++;
            continue;
          }
          into.submit(record.eventId, record.hasDerivedId, record.body);
          saved++;
        }
      });
    }
  } finally {
    damaged.close();
  }
  return { saved, altered };
}

function* readable(store: RecordStore, direction: "ASC" | "DESC"): ReturnType<RecordStore["salvage"]> {
  try {
    yield* store.salvage(direction);
  } catch {
    // Here SQLite can read no further.
  }
}
