import {
  type Adoption,
  adoptDataFile,
  createDataFile,
  type DamagedFile,
  type DataFile,
  strangeFiles,
} from "./data-file.ts";
import { asideTrouble, lookTrouble } from "./host-troubles.ts";
import type { PlainTrouble } from "./messages.ts";
import { salvage } from "./salvage.ts";
import { isOfContent } from "./sqlite-errors.ts";

/** What becomes of what is found. */
export interface LeftFilesSurroundings {
  /** Takes a file: its start records are abandoned, its lock is held. */
  take(file: DataFile): void;
  report(trouble: PlainTrouble): void;
}

/** What dead processes left in a directory: finds their files, adopts them, and saves what can be read of damaged ones. */
export class LeftFiles {
  readonly #directory: string;
  readonly #surroundings: LeftFilesSurroundings;
  /** Those that cannot be looked at, as far as that has been said. */
  readonly #unreadable = new Set<string>();
  #setAside = 0;

  constructor(directory: string, surroundings: LeftFilesSurroundings) {
    this.#directory = directory;
    this.#surroundings = surroundings;
  }

  /** How many files were moved away. */
  get setAside(): number {
    return this.#setAside;
  }

  /** Adopts what can be adopted of the files that are not `held`. One that cannot be looked at now keeps none of the others back. */
  look(held: ReadonlySet<string>): void {
    this.#unlessItFails("", () => {
      for (const id of strangeFiles(this.#directory, held)) {
        this.#unlessItFails(id, () => this.#adopt(id));
      }
    });
  }

  /** A file that is not adopted: says what became of it, and saves what can be saved. */
  refused(id: string, adoption: Exclude<Adoption, { readonly outcome: "adopted" }>): void {
    if (adoption.outcome === "set_aside") this.#reportAside(adoption);
    if (adoption.outcome === "damaged") this.#unlessItFails(id, () => this.#salvage(adoption.file));
  }

  #adopt(id: string): void {
    const adoption = adoptDataFile(this.#directory, id);
    if (adoption.outcome === "adopted") this.#take(adoption.file);
    else this.refused(id, adoption);
  }

  #take(file: DataFile): void {
    try {
      file.store.transaction(() => file.store.abandonAll());
    } catch (error) {
      if (!isOfContent(error)) {
        file.close();
        throw error;
      }
      this.#salvage(file.damaged((error as Error).message));
      return;
    }
    this.#surroundings.take(file);
  }

  /** Into a file of its own: whose events they are is decided as for any that was left. */
  #salvage(damaged: DamagedFile): void {
    let file: DataFile | undefined;
    try {
      file = createDataFile(this.#directory);
      const counts = salvage(damaged.path, file.store);
      this.#reportAside({ trouble: damaged.trouble, path: damaged.setAside(), ...counts });
    } catch (error) {
      // What was saved and the damaged file are both looked at again. The platform knows what it is sent twice.
      file?.close();
      damaged.release();
      throw error;
    }
    if (file.store.counts.waiting > 0) this.#surroundings.take(file);
    else file.close();
  }

  #reportAside(found: { trouble: string; path: string; saved?: number; altered?: number }): void {
    const { trouble, path, saved = 0, altered = 0 } = found;
    this.#setAside++;
    this.#surroundings.report(asideTrouble(path, trouble, saved, altered));
  }

  /** Says once of each file, until it can be looked at again. */
  #unlessItFails(id: string, look: () => void): void {
    try {
      look();
      this.#unreadable.delete(id);
    } catch (cause) {
      if (!this.#unreadable.has(id)) this.#surroundings.report(lookTrouble(cause));
      this.#unreadable.add(id);
    }
  }
}
