/** Numbers from `first` to `last`, both included. */
export type NumberRange = readonly [first: number, last: number];

/** So many are kept apart: while a sink stays broken, each event costs a try to state them all. */
const MAX_RANGES = 100;

/**
 * A set of numbers as the ranges they form, merged as they come, so that a million in a row are one. Of more than 100 ranges
 * the two lowest become one, which then takes in what is between them: `isExact` says whether that has happened.
 */
export class NumberRanges {
  #ranges: NumberRange[] = [];
  #isExact = true;

  /** In ascending order, none touching the next. */
  get ranges(): readonly NumberRange[] {
    return this.#ranges;
  }

  get isExact(): boolean {
    return this.#isExact;
  }

  add(number: number): void {
    this.#addRange([number, number]);
  }

  addAll(others: NumberRanges): void {
    for (const range of others.ranges) this.#addRange(range);
    this.#isExact &&= others.isExact;
  }

  #addRange([first, last]: NumberRange): void {
    // From the end: numbers come almost in order.
    let after = this.#ranges.length;
    while (after > 0 && (this.#ranges[after - 1] as NumberRange)[0] > last + 1) after--;
    let before = after;
    while (before > 0 && (this.#ranges[before - 1] as NumberRange)[1] >= first - 1) before--;
    const touched = [...this.#ranges.slice(before, after), [first, last] as const];
    const merged = [Math.min(...touched.map(([from]) => from)), Math.max(...touched.map(([, to]) => to))];
    this.#ranges.splice(before, after - before, merged as unknown as NumberRange);
    this.#bound();
  }

  #bound(): void {
    const [lowest, next] = this.#ranges;
    if (this.#ranges.length <= MAX_RANGES || !lowest || !next) return;
    this.#ranges.splice(0, 2, [lowest[0], next[1]]);
    this.#isExact = false;
  }
}
