import type { IngestResult } from "../client/answers.ts";
import { newEventId } from "../core/uuid.ts";
import { Committer, type Incoming } from "./committer.ts";
import { adoptDataFile, createDataFile, type DataFile, strangeFiles } from "./data-file.ts";
import { Delivery } from "./delivery.ts";
import { prepareDirectory } from "./directory.ts";
import { droppedEvent } from "./dropped-event.ts";
import { noteKey } from "./key-fingerprint.ts";
import type { DeadLetter, OutboxOpening, PlainTrouble } from "./messages.ts";
import type { OutboxStatus } from "./outbox-status.ts";
import type { RecordStore } from "./record-store.ts";
import { salvage } from "./salvage.ts";
import { Tenancy } from "./tenancy.ts";

/** What the host reaches outside its thread. */
export interface HostSurroundings {
  send(eventId: string, body: Uint8Array): Promise<IngestResult>;
  apiKey(): Promise<string>;
  report(trouble: PlainTrouble): void;
}

/** How often files of processes that have died meanwhile are looked for: 30 s, half as much more or less. */
const LOOK_AGAIN_MS = 30_000;

/** The outbox itself, as it lives in its thread: files, delivery, and the answers to what is asked. */
export class OutboxHost {
  readonly #opening: OutboxOpening;
  readonly #surroundings: HostSurroundings;
  readonly #tenancy = new Tenancy();
  readonly #own: DataFile | undefined;
  readonly #files = new Map<string, DataFile>();
  readonly #held = new Set<DataFile>();
  readonly #committer: Committer;
  readonly #delivery: Delivery;
  readonly #flushes = new Set<() => void>();
  #delivered = 0;
  #setAside = 0;
  #apiKey: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;

  /** @throws {ComplianceGuardError} `outbox_unusable` where the directory is. */
  constructor(opening: OutboxOpening, surroundings: HostSurroundings) {
    this.#opening = opening;
    this.#surroundings = surroundings;
    prepareDirectory(opening.directory);
    this.#own = opening.keepsOwnFile ? createDataFile(opening.directory) : undefined;
    if (this.#own) this.#files.set(this.#own.id, this.#own);
    this.#committer = new Committer({
      own: this.#own?.store,
      maxBytes: opening.maxBytes,
      afterCommit: () => this.#afterCommit(),
      onAnswer: (store, settlement) => {
        if (settlement.kind === "delivered" && settlement.answer) this.#tenancy.pin(store, settlement.answer);
      },
    });
    this.#delivery = new Delivery(
      {
        send: (eventId, body) => surroundings.send(eventId, body),
        settle: async (store, record, settlement) => {
          await this.#committer.settle(store, record, settlement);
          if (settlement.kind === "delivered") this.#delivered++;
          if (settlement.kind === "refused") this.#reportRefusal(record.eventId, settlement.refusal);
        },
        isOwnAnswer: (store, answer) => this.#isOwnAnswer(store, answer),
        onPause: (reason, cause) => this.#reportPause(reason, cause),
        clock: () => performance.now(),
        random: Math.random,
        schedule: (delayMs, wake) => void setTimeout(wake, delayMs),
      },
      opening.concurrency,
    );
  }

  /** Begins to deliver, and adopts what dead processes left. */
  async start(): Promise<void> {
    await this.#learnKey();
    if (this.#own && this.#opening.delivers) this.#delivery.add(this.#own.store);
    this.#look();
  }

  /** Takes a record. */
  keep(incoming: Incoming): void {
    this.#committer.keep(incoming);
  }

  /** How things stand. */
  status(): OutboxStatus {
    const all = [...this.#files.values()].map(({ store }) => store.counts);
    const sum = (field: "waiting" | "open" | "deadLetters" | "bytes"): number =>
      all.reduce((total, counts) => total + counts[field], 0);
    const heldCount = [...this.#held].reduce((total, { store }) => total + store.counts.waiting, 0);
    const paused =
      this.#delivery.paused ?? (heldCount > 0 && heldCount === sum("waiting") ? "other_key" : undefined);
    return {
      delivered: this.#delivered,
      waiting: sum("waiting"),
      deadLetters: sum("deadLetters"),
      ...(paused !== undefined && { paused }),
      open: sum("open"),
      bytes: sum("bytes"),
      held: heldCount,
      setAside: this.#setAside,
    };
  }

  /** Resolves when nothing waits, delivery needs somebody's help, or the time is up; says what is left. */
  async flush(timeoutMs: number | undefined): Promise<OutboxStatus> {
    this.#committer.commit();
    if (this.status().waiting > 0 && this.#delivery.paused !== undefined) this.#delivery.restart();
    else this.#delivery.wake();
    const done = Promise.withResolvers<void>();
    const check = (): void => {
      const { waiting, held, paused } = this.status();
      if (waiting - held === 0 || paused !== undefined) done.resolve();
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(done.resolve, timeoutMs);
    this.#flushes.add(check);
    check();
    await done.promise;
    this.#flushes.delete(check);
    clearTimeout(timer);
    return this.status();
  }

  deadLetters(): DeadLetter[] {
    return [...this.#files.values()].flatMap(({ store }) => store.deadLetters());
  }

  /** Dead letters wait again. Gives how many. */
  replay(eventId: string | undefined): number {
    let count = 0;
    for (const { store } of this.#files.values()) {
      store.transaction(() => {
        count += store.replay(eventId);
      });
    }
    this.#delivery.restart();
    return count;
  }

  /** Takes a dead letter away for good, and keeps an event that says so. Gives how many there were: 0 or 1. */
  drop(eventId: string): number {
    for (const { store } of this.#files.values()) {
      const letter = store.findDead(eventId);
      if (!letter) continue;
      const own = this.#own?.store ?? store;
      const said = droppedEvent(letter, newEventId(), new Date().toISOString());
      // First what says so: a crash in between leaves both.
      own.transaction(() => own.submit(said.eventId, false, said.body));
      store.transaction(() => void store.drop(eventId));
      this.#delivery.wake();
      return 1;
    }
    return 0;
  }

  /** Writes what has gathered and lets go of every file; those with nothing left in them are removed. */
  close(): void {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    this.#delivery.stop("closed");
    this.#committer.commit();
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #afterCommit(): void {
    if (this.#isClosing) return;
    for (const file of this.#files.values()) {
      const { open, waiting, deadLetters } = file.store.counts;
      if (file !== this.#own && open + waiting + deadLetters === 0) this.#letGo(file);
    }
    this.#delivery.wake();
    this.#checkFlushes();
  }

  #checkFlushes(): void {
    for (const check of [...this.#flushes]) check();
  }

  #letGo(file: DataFile): void {
    if (!this.#delivery.remove(file.store)) return;
    this.#tenancy.forget(file.store);
    this.#files.delete(file.id);
    this.#held.delete(file);
    file.close();
  }

  #look(): void {
    if (this.#isClosing) return;
    try {
      for (const id of strangeFiles(this.#opening.directory, new Set(this.#files.keys()))) this.#adopt(id);
    } catch (cause) {
      this.#surroundings.report({
        code: "outbox_unusable",
        message: `The outbox cannot look for files: ${(cause as Error).message}`,
      });
    }
    this.#afterCommit();
    this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MS * (0.5 + Math.random()));
    if (this.#apiKey === undefined) void this.#learnKey();
  }

  #adopt(id: string): void {
    const adoption = adoptDataFile(this.#opening.directory, id);
    if (adoption.outcome === "in_use") return;
    if (adoption.outcome === "set_aside") {
      this.#setAside++;
      const { saved, altered } =
        adoption.isDamaged && this.#own ? salvage(adoption.path, this.#own.store) : { saved: 0, altered: 0 };
      this.#surroundings.report({
        code: "outbox_damaged",
        message: `An outbox file was set aside as ${adoption.path}: ${adoption.trouble}. ${saved} events of it go on, ${altered} are not what was kept and stay there`,
      });
      return;
    }
    const { file } = adoption;
    file.store.transaction(() => file.store.abandonAll());
    this.#files.set(id, file);
    if (!this.#opening.delivers) return;
    const isAdmitted = this.#opening.acceptsOtherKey || this.#tenancy.admits(file.store, this.#apiKey);
    if (isAdmitted) this.#delivery.add(file.store);
    else this.#hold(file);
  }

  #hold(file: DataFile): void {
    this.#held.add(file);
    const { waiting } = file.store.counts;
    if (waiting === 0) return;
    this.#surroundings.report({
      code: "delivery_paused",
      message: `${waiting} events of an earlier process wait for another API key and are kept: they go once an answer shows that both keys are of one environment, or by "complianceguard outbox deliver --other-key" if you know it`,
    });
  }

  #isOwnAnswer(store: RecordStore, answer: IngestResult): boolean {
    const known = this.#tenancy.environment;
    const isOwn = this.#tenancy.isOwnAnswer(store, answer);
    if (!isOwn) {
      this.#surroundings.report({
        code: "delivery_paused",
        message:
          "The platform answered from another environment than before: delivery has stopped and everything is kept. Check the API key, and give each tenant an outbox name of its own",
      });
      queueMicrotask(() => this.#checkFlushes());
    } else if (known === undefined) {
      for (const file of this.#held) {
        if (!this.#tenancy.admits(file.store, this.#apiKey)) continue;
        this.#held.delete(file);
        this.#delivery.add(file.store);
      }
    }
    return isOwn;
  }

  async #learnKey(): Promise<void> {
    try {
      const apiKey = await this.#surroundings.apiKey();
      const own = this.#own?.store;
      own?.transaction(() => noteKey(own, apiKey));
      this.#apiKey = apiKey;
    } catch {
      // Delivery meets the same trouble and says so.
    }
  }

  #reportRefusal(
    eventId: string,
    { code, status, answer }: { code: string; status: number | undefined; answer: string },
  ): void {
    const why = status === undefined ? answer : `status ${status}${code === "api_error" ? "" : `, ${code}`}`;
    this.#surroundings.report({
      code: code === "outbox_damaged" ? "outbox_damaged" : "delivery_refused",
      eventId,
      message: `The event is kept as a dead letter (${why}): see "complianceguard outbox dead-letters", then replay it`,
    });
  }

  #reportPause(reason: string, cause: unknown): void {
    this.#surroundings.report({
      code: "delivery_paused",
      message: `Delivery pauses (${reason}), everything is kept: ${(cause as Error).message}`,
    });
    queueMicrotask(() => this.#checkFlushes());
  }
}
