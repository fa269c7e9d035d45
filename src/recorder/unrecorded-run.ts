import { LinkedRun } from "./linked-run.ts";
import type { Run, RunKind } from "./run.ts";

/** A run the options leave out: it links its children to their root and becomes no event. */
export class UnrecordedRun extends LinkedRun implements Run {
  readonly isRecorded = false;
  readonly inputReference = undefined;
  readonly admitted: Promise<void>;
  readonly kind: RunKind;
  readonly correlationId: string;
  readonly #eventIdOf: () => string;
  #isSettled = false;

  /** @param refused Why the call must not be made, where it must not. */
  constructor(eventIdOf: () => string, kind: RunKind, correlationId: string, refused?: Error) {
    super();
    this.#eventIdOf = eventIdOf;
    this.kind = kind;
    this.correlationId = correlationId;
    this.admitted = refused ? Promise.reject(refused) : DONE;
    if (refused) this.admitted.catch(() => {});
  }

  get eventId(): string {
    return this.#eventIdOf();
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  firstToken(): void {}
  touch(): void {}
  holdForReview(): void {}
  onAbandon(): void {}
  proposes(): void {}
  replaceInput(): void {}

  succeed(): Promise<void> {
    return this.#settle();
  }
  fail(): Promise<void> {
    return this.#settle();
  }
  cancel(): Promise<void> {
    return this.#settle();
  }
  truncate(): Promise<void> {
    return this.#settle();
  }
  interrupt(): Promise<void> {
    return this.#settle();
  }
  abandon(): Promise<void> {
    return this.#settle();
  }
  amend(): Promise<void> {
    return this.#settle();
  }

  #settle(): Promise<void> {
    this.#isSettled = true;
    return DONE;
  }
}

const DONE = Promise.resolve();
