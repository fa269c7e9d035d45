import { type Component, componentOfText } from "../core/component.ts";
import { layoutOfKeys } from "../core/member-layout.ts";
import { captureMembers } from "./total-capture.ts";

/** Versions of the capture and of the neutral form, so that a reader years later knows which rules made the references. */
const CAPTURE = 1;
const FORM = 1;
/** The name of the member that is ours. */
const OWN = "complianceguard";

/**
 * The metadata component while it grows: members are written the moment they are given, since what the caller passed may
 * change before the run ends.
 */
export class MetadataDraft {
  #texts = new Map<string, string>();
  #repairs = 0;

  /** Writes the members. A later member replaces an earlier one of the same name. */
  add(members: Readonly<Record<string, unknown>> | undefined): void {
    if (typeof members !== "object" || members === null) return;
    this.#repairs += captureMembers(members, this.#texts);
  }

  /** Counts repairs made elsewhere in the event. */
  countRepairs(count: number): void {
    this.#repairs += count;
  }

  /** An independent copy: what the start record holds, the end adds to. */
  copy(): MetadataDraft {
    const copy = new MetadataDraft();
    copy.#texts = new Map(this.#texts);
    copy.#repairs = this.#repairs;
    return copy;
  }

  /**
   * The component, with a copy of every clear field of the event as `complianceguard.event`: sealed, it lets the
   * customer's key authenticate what the platform shows in clear.
   * @param event The clear fields as canonical JSON.
   */
  component(event: string): Component {
    const own = `{"capture":${CAPTURE},"event":${event},"form":${FORM},"repairs":${this.#repairs}}`;
    const names = [...this.#texts.keys()];
    if (!this.#texts.has(OWN)) names.push(OWN);
    const { keys, starts } = layoutOfKeys(names);
    let text = "";
    for (let index = 0; index < keys.length; index++) {
      const name = keys[index] as string;
      text += `${starts[index]}${name === OWN ? own : this.#texts.get(name)}`;
    }
    return componentOfText(`${text}}`);
  }
}
