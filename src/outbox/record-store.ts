import type { DatabaseSync, StatementSync } from "node:sqlite";
import { FreshRecords } from "./fresh-records.ts";
import { COLUMNS, digestOf, type KeptRecord, keptRecord } from "./kept-record.ts";
import type { DeadLetter } from "./messages.ts";
import { rollBack } from "./record-schema.ts";

/** How many records a file holds, and the bytes of their bodies. */
export interface RecordCounts {
  readonly open: number;
  readonly waiting: number;
  readonly deadLetters: number;
  readonly bytes: number;
}

/** Why an event was refused for good. */
export interface Refusal {
  readonly code: string;
  readonly status: number | undefined;
  readonly answer: string;
}

const OPEN = 0;
const WAITING = 1;
const DEAD = 2;

/**
 * The records of one data file: start records, events that wait, dead letters. All methods that change something belong into
 * `transaction`.
 */
export class RecordStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #starts = new Map<string, { readonly number: number; readonly size: number }>();
  readonly #fresh = new FreshRecords();
  /** Read once, when it is opened: what decides whose the records are must not fail in the midst of them. */
  readonly #settings: Map<string, string>;
  #counts: { open: number; waiting: number; deadLetters: number; bytes: number };
  #nextNumber: number;
  #undo: (() => void)[] = [];
  #inEach: (() => void) | undefined;

  /** @param database With the outbox's tables. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    const sums = this.#sql(
      "SELECT state, count(*) AS n, sum(size) AS bytes FROM record GROUP BY state",
    ).all();
    const of = (state: number): { n: number; bytes: number } => {
      const row = sums.find((each) => each["state"] === state);
      return { n: Number(row?.["n"] ?? 0), bytes: Number(row?.["bytes"] ?? 0) };
    };
    this.#counts = {
      open: of(OPEN).n,
      waiting: of(WAITING).n,
      deadLetters: of(DEAD).n,
      bytes: of(OPEN).bytes + of(WAITING).bytes + of(DEAD).bytes,
    };
    const settings = this.#sql("SELECT name, value FROM setting").all();
    this.#settings = new Map(settings.map(({ name, value }) => [String(name), String(value)]));
    const last = this.#sql("SELECT max(number) AS number FROM record").get();
    this.#nextNumber = Number(last?.["number"] ?? 0) + 1;
  }

  get counts(): RecordCounts {
    return { ...this.#counts };
  }

  /** Whether the file holds nothing at all: asked of the file itself, for it is removed then. */
  get isEmpty(): boolean {
    return this.#sql("SELECT 1 FROM record LIMIT 1").get() === undefined;
  }

  /** The number of the record that came last; no later one has a lower number. */
  get latestNumber(): number {
    return this.#nextNumber - 1;
  }

  /** What is to be written at the end of each transaction from now on. */
  inEachTransaction(write: () => void): void {
    this.#inEach = write;
  }

  /** Runs `work` in one transaction: durable when this returns, undone when it throws. */
  transaction(work: () => void): void {
    const counts = { ...this.#counts };
    this.#undo = [];
    this.#sql("BEGIN IMMEDIATE").run();
    try {
      work();
      this.#inEach?.();
      this.#sql("COMMIT").run();
    } catch (error) {
      this.#counts = counts;
      for (const undo of this.#undo.reverse()) undo();
      rollBack(this.#database);
      throw error;
    }
  }

  /** Keeps a start record. */
  begin(eventId: string, hasDerivedId: boolean, body: Uint8Array): void {
    const number = this.#insert(OPEN, eventId, hasDerivedId, body);
    this.#starts.set(eventId, { number, size: body.length });
    this.#undo.push(() => this.#starts.delete(eventId));
    this.#counts.open++;
  }

  /** Keeps an event that is complete, in the place of its start record where there is one. */
  submit(eventId: string, hasDerivedId: boolean, body: Uint8Array): void {
    this.discard(eventId);
    const number = this.#insert(WAITING, eventId, hasDerivedId, body);
    this.#fresh.add({ number, eventId, hasDerivedId, body, isIntact: true });
    this.#undo.push(() => this.#fresh.delete(number));
    this.#counts.waiting++;
  }

  /** Forgets a start record. */
  discard(eventId: string): void {
    const start = this.#starts.get(eventId);
    if (!start) return;
    this.#starts.delete(eventId);
    this.#undo.push(() => this.#starts.set(eventId, start));
    this.#delete(start.number, start.size);
    this.#counts.open--;
  }

  /** Knows the start records of a file that was opened again while their runs go on. */
  resume(): void {
    const rows = this.#sql(`SELECT number, event_id, size FROM record WHERE state = ${OPEN}`).all();
    for (const { number, event_id, size } of rows) {
      this.#starts.set(String(event_id), { number: Number(number), size: Number(size) });
    }
  }

  /** Makes every start record of this file an event that waits: nothing more will be heard of it. */
  abandonAll(): void {
    const { changes } = this.#sql(`UPDATE record SET state = ${WAITING} WHERE state = ${OPEN}`).run();
    this.#counts.open -= Number(changes);
    this.#counts.waiting += Number(changes);
    const starts = [...this.#starts];
    this.#starts.clear();
    this.#undo.push(() => {
      for (const [eventId, start] of starts) this.#starts.set(eventId, start);
    });
  }

  /** The next events that wait, in the order they came. */
  page(after: number, limit: number): KeptRecord[] {
    const next = `number > ? AND state = ${WAITING} ORDER BY number LIMIT ?`;
    if (!this.#fresh.isEmpty) {
      const records = this.#sql(`SELECT number FROM record WHERE ${next}`)
        .all(after, limit)
        .map(({ number }) => this.#fresh.get(Number(number)));
      if (records.every((record) => record !== undefined)) return records;
    }
    // In one go: what a process finds at its start is thousands of them.
    return this.#sql(`SELECT ${COLUMNS} WHERE record.${next}`)
      .all(after, limit)
      .map((row) => this.#fresh.get(Number(row["number"])) ?? keptRecord(row));
  }

  /** One event that waits; undefined where it does no more. */
  read(number: number): KeptRecord | undefined {
    const fresh = this.#fresh.get(number);
    if (fresh) return fresh;
    const row = this.#sql(`SELECT ${COLUMNS} WHERE record.number = ? AND state = ${WAITING}`).get(number);
    return row && keptRecord(row);
  }

  /** The platform has it: it leaves the disk with the transaction that keeps the platform's answer. */
  delivered(record: KeptRecord): void {
    if (this.#delete(record.number, record.body.length)) this.#counts.waiting--;
  }

  /** Refused for good: kept, and sent no more until it is replayed. */
  refused(record: KeptRecord, refusal: Refusal, refusedAtUtc: string): void {
    const died = this.#sql(`UPDATE record SET state = ${DEAD} WHERE number = ? AND state = ${WAITING}`);
    if (died.run(record.number).changes === 0) return;
    this.#sql("INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?)").run(
      record.number,
      refusal.status ?? null,
      refusal.code,
      refusal.answer,
      refusedAtUtc,
    );
    this.#fresh.delete(record.number);
    this.#counts.waiting--;
    this.#counts.deadLetters++;
  }

  /** Keeps another id and body in an event's place. */
  replaced(record: KeptRecord, eventId: string, body: Uint8Array): KeptRecord {
    const { changes } = this.#sql(
      "UPDATE record SET event_id = ?, size = ?, digest = ? WHERE number = ?",
    ).run(eventId, body.length, digestOf(eventId, record.hasDerivedId, body), record.number);
    this.#sql("UPDATE body SET bytes = ? WHERE number = ?").run(body, record.number);
    this.#fresh.delete(record.number);
    if (changes > 0) this.#counts.bytes += body.length - record.body.length;
    return { ...record, eventId, body };
  }

  /** Dead letters, the oldest first, at most 1,000. */
  deadLetters(): DeadLetter[] {
    return this.#sql(
      `SELECT event_id, status, code, answer, refused_at FROM record LEFT JOIN refusal USING (number)
       WHERE state = ${DEAD} ORDER BY number LIMIT 1000`,
    )
      .all()
      .map((row) => ({
        eventId: String(row["event_id"]),
        code: String(row["code"] ?? "unknown"),
        ...(row["status"] === null ? {} : { status: Number(row["status"]) }),
        answer: String(row["answer"] ?? ""),
        refusedAtUtc: String(row["refused_at"] ?? ""),
      }));
  }

  /** Lets dead letters wait again: all, or the one with this id; but none whose bytes are not what was kept. */
  replay(eventId: string | undefined): number {
    const chosen = `state = ${DEAD} AND (?1 IS NULL OR event_id = ?1)
      AND number NOT IN (SELECT number FROM refusal WHERE code = 'outbox_damaged')`;
    const id = eventId ?? null;
    this.#sql(`DELETE FROM refusal WHERE number IN (SELECT number FROM record WHERE ${chosen})`).run(id);
    const { changes } = this.#sql(`UPDATE record SET state = ${WAITING} WHERE ${chosen}`).run(id);
    this.#counts.deadLetters -= Number(changes);
    this.#counts.waiting += Number(changes);
    return Number(changes);
  }

  /** The dead letter with this id. */
  findDead(eventId: string): KeptRecord | undefined {
    const row = this.#sql(`SELECT ${COLUMNS} WHERE state = ${DEAD} AND event_id = ?`).get(eventId);
    return row && keptRecord(row);
  }

  /** Takes a dead letter away for good. Gives how many there were. */
  drop(eventId: string): number {
    const rows = this.#sql(`SELECT number, size FROM record WHERE state = ${DEAD} AND event_id = ?`).all(
      eventId,
    );
    for (const row of rows) {
      this.#delete(Number(row["number"]), Number(row["size"]));
      this.#sql("DELETE FROM refusal WHERE number = ?").run(row["number"] as number);
      this.#counts.deadLetters--;
    }
    return rows.length;
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name);
  }

  setSetting(name: string, value: string): void {
    this.#sql("INSERT OR REPLACE INTO setting VALUES (?, ?)").run(name, value);
    const before = this.#settings.get(name);
    this.#settings.set(name, value);
    this.#undo.push(() => {
      if (before === undefined) this.#settings.delete(name);
      else this.#settings.set(name, before);
    });
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #insert(state: number, eventId: string, hasDerivedId: boolean, body: Uint8Array): number {
    const number = this.#nextNumber++;
    this.#sql("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)").run(
      number,
      eventId,
      state,
      hasDerivedId ? 1 : 0,
      body.length,
      digestOf(eventId, hasDerivedId, body),
    );
    this.#sql("INSERT INTO body VALUES (?, ?)").run(number, body);
    this.#counts.bytes += body.length;
    return number;
  }

  /** @returns False where it is gone already. */
  #delete(number: number, size: number): boolean {
    const { changes } = this.#sql("DELETE FROM record WHERE number = ?").run(number);
    this.#sql("DELETE FROM body WHERE number = ?").run(number);
    this.#fresh.delete(number);
    if (changes > 0) this.#counts.bytes -= size;
    return changes > 0;
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}
