import type { MessageTranslator } from "./translated.ts";

/** Where an object or array stands, and how it is to be read. */
export interface ContainerPlace {
  readonly parent: CopiedContainer | undefined;
  /** How many containers it stands in. */
  readonly depth: number;
  readonly translate: MessageTranslator | undefined;
  /** Its items go into the list around it, one by one. */
  readonly isSpread?: boolean | undefined;
}

/** An object or array in the middle of being copied, its members taken one by one. */
export class CopiedContainer {
  readonly source: object;
  readonly place: ContainerPlace;
  /** The place of its members. */
  readonly inner: ContainerPlace;
  readonly copy: unknown[] | Record<string, unknown>;
  readonly #keys: readonly string[] | undefined;
  readonly #size: number;
  #taken = 0;
  #names: Set<string> | undefined;

  /** @param members The keys of an object, or the length of an array. */
  constructor(source: object, members: readonly string[] | number, place: ContainerPlace) {
    const isArray = typeof members === "number";
    this.source = source;
    this.place = place;
    this.inner = { parent: this, depth: place.depth + 1, translate: place.translate };
    this.copy = isArray ? [] : {};
    this.#keys = isArray ? undefined : members;
    this.#size = isArray ? members : members.length;
  }

  get isComplete(): boolean {
    return this.#taken === this.#size;
  }

  /** The key of the member that was taken last; an array's is its index. */
  get key(): string | number {
    const index = this.#taken - 1;
    return this.#keys?.[index] ?? index;
  }

  /** Goes on to the next member and reads it. Throws what a getter or proxy throws. */
  take(): unknown {
    this.#taken += 1;
    return (this.source as Readonly<Record<PropertyKey, unknown>>)[this.key];
  }

  /** Sets a member of the copy as `JSON.stringify` has it: undefined vanishes from objects and is null in arrays. */
  put(name: string | number, member: unknown): void {
    if (Array.isArray(this.copy)) {
      this.copy.push(member === undefined ? null : member);
    } else if (name === "__proto__") {
      // An assignment would set the prototype and vanish from the record.
      Object.defineProperty(this.copy, name, { value: member, enumerable: true });
    } else if (member !== undefined) {
      this.copy[name] = member;
    }
  }

  /** `name`, with the first number appended that keeps it apart from every other key of the object. */
  freeName(name: string): string {
    this.#names ??= new Set(this.#keys);
    let free = name;
    for (let number = 2; this.#names.has(free); number += 1) free = `${name}${number}`;
    this.#names.add(free);
    return free;
  }
}
