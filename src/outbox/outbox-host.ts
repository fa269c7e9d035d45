import type { IngestResult } from "../client/answers.ts";
import { Committer, type Incoming } from "./committer.ts";
import { adoptDataFile, createDataFile, type DataFile } from "./data-file.ts";
import { Delivery } from "./delivery.ts";
import { prepareDirectory } from "./directory.ts";
import { dropDeadLetter } from "./dropped-event.ts";
import {
  diskTrouble,
  heldTrouble,
  keyTrouble,
  OTHER_ENVIRONMENT,
  pauseTrouble,
  refusalTrouble,
} from "./host-troubles.ts";
import { KeyNote } from "./key-fingerprint.ts";
import { LeftFiles } from "./left-files.ts";
import type { DeadLetter, OutboxOpening, PlainTrouble } from "./messages.ts";
import { type OutboxStatus, statusOf } from "./outbox-status.ts";
import type { RecordStore } from "./record-store.ts";
import { isOfContent } from "./sqlite-errors.ts";
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
  readonly #own: DataFile;
  readonly #files = new Map<string, DataFile>();
  readonly #held = new Set<DataFile>();
  /** Adopted before the key was known: nobody can say yet whether it may send them. */
  readonly #undecided = new Set<DataFile>();
  readonly #committer: Committer;
  readonly #delivery: Delivery;
  readonly #flushes = new Set<() => void>();
  #delivered = 0;
  #apiKey: string | undefined;
  #key: "untried" | "asked" | "tried" = "untried";
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;
  /** Of which trouble with the disk has been said, and nothing written since. */
  readonly #failing = new Set<RecordStore>();
  readonly #left: LeftFiles;
  readonly #note: KeyNote;

  /** @throws {ComplianceGuardError} `outbox_unusable` where the directory is. */
  constructor(opening: OutboxOpening, surroundings: HostSurroundings) {
    this.#opening = opening;
    this.#surroundings = surroundings;
    prepareDirectory(opening.directory);
    const take = (file: DataFile): void => this.#take(file);
    this.#left = new LeftFiles(opening.directory, { take, report: surroundings.report });
    const left = opening.continues ? adoptDataFile(opening.directory, opening.continues) : undefined;
    this.#own = left?.outcome === "adopted" ? left.file : createDataFile(opening.directory);
    this.#own.store.resume();
    this.#note = new KeyNote(this.#own.store, opening.fixedKey);
    this.#files.set(this.#own.id, this.#own);
    this.#committer = new Committer({
      own: this.#own.store,
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
          const written = this.#committer.settle(store, record, settlement);
          // Whoever flushes waits for these answers, and no more of them are to come.
          if (this.#flushes.size > 0 && this.#delivery.isIdle) this.#committer.commitSoon();
          await written;
          this.#failing.delete(store);
          if (settlement.kind === "delivered") this.#delivered++;
          if (settlement.kind === "refused")
            surroundings.report(refusalTrouble(record.eventId, settlement.refusal));
        },
        isOwnAnswer: (store, answer) => this.#isOwnAnswer(store, answer),
        onPause: (reason, cause) => {
          surroundings.report(pauseTrouble(reason, cause));
          queueMicrotask(() => this.#checkFlushes());
        },
        onDiskTrouble: (store, cause) => this.#onDiskTrouble(store, cause),
        clock: () => performance.now(),
        random: Math.random,
        schedule: (delayMs, wake) => void setTimeout(wake, delayMs),
      },
      opening.concurrency,
    );
    if (left && left.outcome !== "adopted") this.#left.refused(this.#own.id, left);
  }

  /** The data file that takes new records, for a thread that has to go on where this one died. */
  get ownFile(): string {
    return this.#own.id;
  }

  /** Adopts what dead processes left, and delivers once the key is known. Nothing else waits for the key. */
  start(): void {
    this.#look();
    void this.#learnKey();
  }

  /** Takes a record. */
  keep(incoming: Incoming): void {
    this.#committer.keep(incoming);
  }

  /** How things stand. */
  status(): OutboxStatus {
    const { paused } = this.#delivery;
    const counted = { delivered: this.#delivered, paused, setAside: this.#left.setAside };
    return statusOf([...this.#files.values()], this.#held, counted);
  }

  /** Resolves when nothing waits, delivery needs somebody's help, or the time is up; says what is left. */
  async flush(timeoutMs: number): Promise<OutboxStatus> {
    this.#committer.commit();
    if (this.status().waiting > 0 && this.#delivery.paused !== undefined) this.#delivery.restart();
    else this.#delivery.sendNow();
    const done = Promise.withResolvers<void>();
    const check = (): void => {
      const { waiting, held, paused } = this.status();
      if (waiting - held === 0 || paused !== undefined) done.resolve();
    };
    const timer = setTimeout(done.resolve, timeoutMs);
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
      if (!dropDeadLetter(store, eventId)) continue;
      this.#delivery.sendNow();
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
    this.#delivery[this.#flushes.size > 0 ? "sendNow" : "sendSoon"]();
    this.#checkFlushes();
  }

  #checkFlushes(): void {
    for (const check of [...this.#flushes]) check();
  }

  #letGo(file: DataFile): void {
    if (!this.#delivery.remove(file.store)) return;
    this.#forget(file);
    file.close();
  }

  #forget(file: DataFile): void {
    this.#failing.delete(file.store);
    this.#files.delete(file.id);
    this.#held.delete(file);
    this.#undecided.delete(file);
  }

  #look(): void {
    if (this.#isClosing) return;
    this.#left.look(new Set(this.#files.keys()));
    this.#afterCommit();
    this.#timer = setTimeout(
      () => {
        this.#look();
        void this.#learnKey();
      },
      LOOK_AGAIN_MS * (0.5 + Math.random()),
    );
  }

  /** Its own file is looked at by the next process; another one that turns out to be damaged is salvaged now. */
  #onDiskTrouble(store: RecordStore, cause: unknown): void {
    const file = [...this.#files.values()].find((each) => each.store === store);
    if (!file || file === this.#own || !isOfContent(cause)) {
      if (!this.#failing.has(store)) this.#surroundings.report(diskTrouble(cause));
      this.#failing.add(store);
      return;
    }
    this.#delivery.abandon(store);
    this.#forget(file);
    const damaged = file.damaged((cause as Error).message);
    this.#left.refused(file.id, { outcome: "damaged", file: damaged });
  }

  #take(file: DataFile): void {
    this.#files.set(file.id, file);
    if (this.#key === "tried") this.#decide(file);
    else this.#undecided.add(file);
  }

  #decide(file: DataFile): void {
    if (this.#admits(file)) this.#delivery.add(file.store);
    else this.#hold(file);
  }

  #admits({ store }: DataFile): boolean {
    return this.#tenancy.admits(store, this.#apiKey, this.#opening.acceptsOtherKey);
  }

  #hold(file: DataFile): void {
    this.#held.add(file);
    const { waiting } = file.store.counts;
    if (waiting > 0) this.#surroundings.report(heldTrouble(waiting, this.#tenancy.isPinned(file.store)));
  }

  #isOwnAnswer(store: RecordStore, answer: IngestResult): boolean {
    const known = this.#tenancy.environment;
    const isOwn = this.#tenancy.isOwnAnswer(store, answer);
    if (!isOwn) {
      this.#surroundings.report(OTHER_ENVIRONMENT);
      queueMicrotask(() => this.#checkFlushes());
    } else if (known === undefined) this.#admitHeld();
    return isOwn;
  }

  #admitHeld(): void {
    for (const file of this.#held) {
      if (!this.#admits(file)) continue;
      this.#held.delete(file);
      this.#delivery.add(file.store);
    }
  }

  /** Asks for the key until it is known. After the first try delivery begins: it asks again itself. */
  async #learnKey(): Promise<void> {
    if (this.#key === "asked" || this.#apiKey !== undefined) return;
    const isFirst = this.#key === "untried";
    if (isFirst) this.#key = "asked";
    try {
      const apiKey = await this.#surroundings.apiKey();
      if (this.#isClosing) return;
      this.#apiKey = apiKey;
      this.#note.learn(apiKey);
    } catch (error) {
      if (this.#isClosing) return;
      if (isFirst) this.#surroundings.report(keyTrouble(error));
    }
    this.#key = "tried";
    if (isFirst) this.#delivery.add(this.#own.store);
    for (const file of this.#undecided) this.#decide(file);
    this.#undecided.clear();
    this.#admitHeld();
    this.#checkFlushes();
  }
}
