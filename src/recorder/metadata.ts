import { type Component, componentOfText } from "../core/component.ts";
import { memberLayout } from "../core/member-layout.ts";
import { captureMembers } from "./total-capture.ts";

/** Versions of the capture and of the neutral form, so that a reader years later knows which rules made the references. */
const CAPTURE = 1;
const FORM = 1;

/**
 * The metadata component while it grows: members are written the moment they are given, since what the caller passed may
 * change before the run ends.
 */
export class MetadataDraft {
  /** Without a prototype: a member may be named `__proto__`. */
  readonly #texts: Record<string, string> = Object.create(null);
  #repairs = 0;

  /** Writes the members. A later member replaces an earlier one of the same name. */
  add(members: Readonly<Record<string, unknown>> | undefined): void {
    if (typeof members !== "object" || members === null) return;
    const { texts, repairs } = captureMembers(members);
    this.#repairs += repairs;
    for (const [name, text] of texts) this.#texts[name] = text;
  }

  /** Counts repairs made elsewhere in the event. */
  countRepairs(count: number): void {
    this.#repairs += count;
  }

  /** An independent copy: what the start record holds, the end adds to. */
  copy(): MetadataDraft {
    const copy = new MetadataDraft();
    for (const name in this.#texts) copy.#texts[name] = this.#texts[name] as string;
    copy.#repairs = this.#repairs;
    return copy;
  }

  /**
   * The component, with a copy of every clear field of the event as `complianceguard.event`: sealed, it lets the
   * customer's key authenticate what the platform shows in clear.
   * @param event The clear fields as canonical JSON.
   */
  component(event: string): Component {
    const texts = Object.assign(Object.create(null), this.#texts);
    texts.complianceguard = `{"capture":${CAPTURE},"event":${event},"form":${FORM},"repairs":${this.#repairs}}`;
    const { keys, starts } = memberLayout(texts);
    let text = "";
    for (const [index, key] of keys.entries()) text += starts[index] + texts[key];
    return componentOfText(`${text}}`);
  }
}
