import { ComplianceGuardError } from "../core/errors.ts";
import { Alarm } from "./alarm.ts";
import type { Trouble } from "./trouble.ts";

/** How long the application waits for what the recorder has to do: a sink that never answers must not stop it. */
export class MaxWait {
  readonly #ms: number;
  readonly #report: (trouble: Trouble) => void;
  readonly #alarm: Alarm<() => void>;

  constructor(ms: number, report: (trouble: Trouble) => void) {
    this.#ms = ms;
    this.#report = report;
    this.#alarm = new Alarm(ms, (late) => late(), { keepsAlive: true });
  }

  /**
   * Waits for `work`, an event on its way. What takes longer goes on, `flush` still waits for it, and the trouble is reported as
   * `timeout`. Rejects as `work` does.
   */
  for(work: Promise<unknown>, eventId: string | undefined): Promise<void> {
    return this.#race(work, () => {
      const message = `The event was not kept within ${this.#ms} ms; the call goes on, and flush() still waits for it`;
      this.#report({ code: "timeout", eventId, cause: new ComplianceGuardError("timeout", message) });
    });
  }

  /**
   * Waits for a start record, without which a call is refused. Rejects as `work` does.
   * @throws {ComplianceGuardError} `timeout` where it takes longer.
   */
  forStart(work: Promise<unknown>): Promise<void> {
    return this.#race(work, () => {
      throw new ComplianceGuardError("timeout", `The start record was not kept within ${this.#ms} ms`);
    });
  }

  /** Waits for `work`; what takes longer, or fails, is none of the caller's concern. */
  forAside(work: Promise<unknown>): Promise<void> {
    return this.#race(work, () => {}).catch(() => {});
  }

  #race(work: Promise<unknown>, onLate: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = (): void => {
        try {
          resolve(onLate());
        } catch (error) {
          reject(error);
        }
      };
      this.#alarm.set(late);
      work.then(
        () => {
          this.#alarm.clear(late);
          resolve();
        },
        (error) => {
          this.#alarm.clear(late);
          reject(error);
        },
      );
    });
  }
}
