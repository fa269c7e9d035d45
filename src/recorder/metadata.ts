import { type Component, encodeComponent } from "../core/component.ts";
import type { EventFields } from "../core/event.ts";
import { captureValue } from "./total-capture.ts";

/** Versions of the capture and of the neutral form, so that a reader years later knows which rules made the references. */
const FORMAT = { capture: 1, form: 1 } as const;

/**
 * The metadata component while it grows: members are copied the moment they are given, since what the caller passed may
 * change before the run ends.
 */
export class MetadataDraft {
  #members: Readonly<Record<string, unknown>> = {};
  #repairs = 0;

  /** Copies the members. A later member replaces an earlier one of the same name. */
  add(members: Readonly<Record<string, unknown>> | undefined): void {
    if (!members) return;
    const { copy, repairs } = captureValue(members);
    this.#repairs += repairs;
    this.#members = { ...this.#members, ...(copy as Readonly<Record<string, unknown>>) };
  }

  /** Counts repairs made elsewhere in the event. */
  countRepairs(count: number): void {
    this.#repairs += count;
  }

  /** An independent copy: what the start record holds, the end adds to. */
  copy(): MetadataDraft {
    const copy = new MetadataDraft();
    copy.#members = this.#members;
    copy.#repairs = this.#repairs;
    return copy;
  }

  /**
   * The component, with a copy of every clear field of the event as `complianceguard.event`: sealed, it lets the
   * customer's key authenticate what the platform shows in clear.
   */
  component(event: EventFields): Component {
    const complianceguard = { ...FORMAT, event: captureValue(event).copy, repairs: this.#repairs };
    return encodeComponent({ ...this.#members, complianceguard });
  }
}
