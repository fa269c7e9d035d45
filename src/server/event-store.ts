import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ComplianceGuardError } from "../core/errors.ts";
import type { ChainLink } from "../evidence/chain-link.ts";
import type { ChainHead } from "../evidence/chain-report.ts";
import { bodyDigest, decodeEntry, encodeEntry, eventHash, NO_PREVIOUS_HASH } from "../evidence/entry.ts";
import { openDatabase } from "./event-database.ts";

/** An event that passed every check, with what the server adds before the order is known. */
export interface CheckedEvent {
  readonly eventId: string;
  readonly systemId: string;
  readonly correlationId: string | null;
  /** See `ChainLink.occurredAt`. */
  readonly occurredAt: string;
  readonly ingestedAtUtc: string;
  readonly receiptId: string;
  /** 64 lower-case hex digits. */
  readonly salt: string;
  readonly body: string;
}

/** An event as it stands in the database. */
export interface EventRow extends ChainLink {
  readonly salt: string;
  readonly body: string;
}

/** What a client is told of a stored event. */
export interface Acknowledgement extends ChainHead {
  readonly eventId: string;
  readonly systemId: string;
  readonly environmentId: string;
  readonly ingestedAtUtc: string;
  readonly receiptId: string;
}

/** `stored` now, `repeated` (the same body is stored already), or a `conflict`: another body has the id. */
export type AppendOutcome =
  | { readonly kind: "stored" | "repeated"; readonly acknowledged: Acknowledgement }
  | { readonly kind: "conflict" };

/** Which events to read, in the order of their sequence numbers. */
export interface EventQuery {
  /** Sequence numbers above this one. */
  readonly after: number;
  readonly limit: number;
  readonly systemId?: string | undefined;
  readonly correlationId?: string | undefined;
  /** Both as `ChainLink.occurredAt` has it; the first is included, the second not. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Some events, and where to go on: null where there is nothing more to read for now. */
export interface EventRowPage {
  readonly events: readonly EventRow[];
  readonly nextAfter: number | null;
  /** Where the chain ended when the page was read. */
  readonly head: ChainHead;
}

/** A registered system. */
export interface System {
  readonly systemId: string;
  readonly registeredAtUtc: string;
}

/**
 * The database of one environment: one file, one connection, synchronous. Belongs on a thread of its own, since each
 * commit waits for the disk.
 */
export class EventStore {
  readonly environmentId: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file, or makes what is missing in an empty one.
   * @param newEnvironmentId Taken where the file is empty.
   * @throws {ComplianceGuardError} `server_error` where another server has it open, or it is not ours, or newer.
   */
  constructor(file: string, newEnvironmentId: string) {
    this.#database = openDatabase(file, newEnvironmentId);
    this.environmentId = this.setting("environment_id") ?? "";
  }

  /** Appends all of them in one transaction, which is on the disk when this returns. All or, when it throws, none. */
  append(events: readonly CheckedEvent[]): AppendOutcome[] {
    return this.#inTransaction(() => {
      const before = this.#checkedHead();
      let head = before;
      const outcomes = events.map((event): AppendOutcome => {
        const acknowledged = this.#insert(event, head);
        if (!acknowledged) return this.#compare(this.find(event.eventId) as EventRow, event);
        head = acknowledged;
        return { kind: "stored", acknowledged };
      });
      if (head !== before) {
        this.#run("UPDATE head SET sequence_number = ?, event_hash = ?", head.sequenceNumber, head.eventHash);
      }
      return outcomes;
    });
  }

  /** The event of that id, in whatever case the id is written. */
  find(eventId: string): EventRow | undefined {
    return this.#prepare(`${SELECT_EVENT} WHERE event_id = ?`).get(eventId) as EventRow | undefined;
  }

  /**
   * A page of events: at most `limit`, at most some megabytes of bodies (but one event at least). It may hold fewer,
   * or none, where `nextAfter` says that there is more to look through.
   */
  list(query: EventQuery): EventRowPage {
    const { after, limit, systemId, correlationId, from, to } = query;
    const head = this.head();
    // No index serves the time filters alone: a page then looks through a stretch of the chain, never through all of it.
    const isScan = correlationId === undefined && (from !== undefined || to !== undefined);
    const last = isScan ? Math.min(after + MAX_SCANNED, head.sequenceNumber) : head.sequenceNumber;
    const filters = Object.entries({ systemId, correlationId, from, to }).filter(
      ([, value]) => value !== undefined,
    );
    const conditions = filters.map(([name]) => ` AND ${FILTERS[name as keyof typeof FILTERS]}`);
    const statement = this.#prepare(
      `${SELECT_EVENT} WHERE event.sequence_number > ? AND event.sequence_number <= ?${conditions.join("")}
       ORDER BY event.sequence_number LIMIT ?`,
    );
    const events: EventRow[] = [];
    let size = 0;
    for (const row of statement.iterate(
      after,
      last,
      ...filters.map(([, value]) => value as string),
      limit + 1,
    )) {
      const event = row as unknown as EventRow;
      size += event.body.length;
      if (events.length === limit || (events.length > 0 && size > MAX_PAGE_LENGTH)) {
        return { events, nextAfter: (events.at(-1) as EventRow).sequenceNumber, head };
      }
      events.push(event);
    }
    return { events, nextAfter: last < head.sequenceNumber ? last : null, head };
  }

  /** The last entry; sequence number 0 and zeros where there is none. */
  head(): ChainHead {
    return this.#prepare(
      "SELECT sequence_number AS sequenceNumber, event_hash AS eventHash FROM head",
    ).get() as unknown as ChainHead;
  }

  /** Registers a system, or leaves it as it was registered before. */
  addSystem({ systemId, registeredAtUtc }: System): { readonly system: System; readonly isNew: boolean } {
    return this.#inTransaction(() => {
      const { changes } = this.#run("INSERT OR IGNORE INTO system VALUES (?, ?)", systemId, registeredAtUtc);
      const system = this.#prepare(`${SELECT_SYSTEM} WHERE system_id = ?`).get(systemId);
      return { system: system as unknown as System, isNew: changes === 1 };
    });
  }

  /** Every registered system, by name. */
  systems(): System[] {
    return this.#prepare(`${SELECT_SYSTEM} ORDER BY system_id`).all() as unknown as System[];
  }

  setting(name: SettingName): string | undefined {
    return this.#prepare("SELECT value FROM setting WHERE name = ?").get(name)?.["value"] as
      | string
      | undefined;
  }

  setSetting({ name, value }: { readonly name: SettingName; readonly value: string }): void {
    this.#run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value);
  }

  close(): void {
    this.#database.close();
  }

  /** The head, once it is sure that the rows end where it says: nothing is appended to a chain somebody cut. */
  #checkedHead(): ChainHead {
    const head = this.head();
    const last = this.#prepare(
      "SELECT sequence_number AS sequenceNumber, entry FROM event ORDER BY sequence_number DESC LIMIT 1",
    ).get() as Pick<EventRow, "sequenceNumber" | "entry"> | undefined;
    const found = last ? eventHash(last.entry) : NO_PREVIOUS_HASH;
    if ((last?.sequenceNumber ?? 0) !== head.sequenceNumber || found !== head.eventHash) {
      throw new ComplianceGuardError(
        "server_error",
        `the chain does not end with its head, entry ${head.sequenceNumber}: somebody changed the database. ` +
          'Nothing is stored until it is put right; "complianceguard verify" shows where',
      );
    }
    return head;
  }

  /** Undefined where there is an event with this id. */
  #insert(event: CheckedEvent, head: ChainHead): Acknowledgement | undefined {
    const { eventId, systemId, correlationId, occurredAt, ingestedAtUtc, receiptId, salt, body } = event;
    const { environmentId } = this;
    const sequenceNumber = head.sequenceNumber + 1;
    const digest = bodyDigest(Buffer.from(salt, "hex"), body);
    const entry = encodeEntry({
      bodyDigest: digest,
      environmentId,
      eventId,
      ingestedAtUtc,
      previousEventHash: head.eventHash,
      receiptId,
      sequenceNumber,
    });
    const hash = eventHash(entry);
    const { changes } = this.#run(
      "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING",
      sequenceNumber,
      eventId,
      systemId,
      correlationId,
      occurredAt,
      entry,
      hash,
    );
    if (changes === 0) return undefined;
    this.#run("INSERT INTO body VALUES (?, ?, ?)", sequenceNumber, salt, body);
    return { eventId, systemId, environmentId, sequenceNumber, ingestedAtUtc, eventHash: hash, receiptId };
  }

  #compare(earlier: EventRow, event: CheckedEvent): AppendOutcome {
    if (earlier.body !== event.body) return { kind: "conflict" };
    const { environmentId, ingestedAtUtc, receiptId } = decodeEntry(earlier.entry);
    const { eventId, systemId, sequenceNumber, eventHash: hash } = earlier;
    return {
      kind: "repeated",
      acknowledged: {
        eventId,
        systemId,
        environmentId,
        sequenceNumber,
        ingestedAtUtc,
        eventHash: hash,
        receiptId,
      },
    };
  }

  #inTransaction<Result>(work: () => Result): Result {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk fails or is full: nothing is left to undo.
    }
  }

  #run(sql: string, ...values: (string | number | null)[]): { changes: number | bigint } {
    return this.#prepare(sql).run(...values);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** What is kept beside the events. */
export type SettingName = "environment_id" | "first_key_hash";

const MAX_SCANNED = 20_000;
const MAX_PAGE_LENGTH = 8 * 1024 * 1024;

const SELECT_SYSTEM = "SELECT system_id AS systemId, registered_at_utc AS registeredAtUtc FROM system";
const SELECT_EVENT = `
  SELECT event.sequence_number AS sequenceNumber, event_id AS eventId, system_id AS systemId,
         correlation_id AS correlationId, occurred_at AS occurredAt, entry, event_hash AS eventHash, salt, body
  FROM event JOIN body USING (sequence_number)`;

const FILTERS = {
  systemId: "system_id = ?",
  correlationId: "correlation_id = ?",
  from: "occurred_at >= ?",
  to: "occurred_at < ?",
};
