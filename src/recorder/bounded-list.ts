/** Nobody sends lists this long; to walk one (`new Array(2 ** 32 - 1)`) would keep a process busy for minutes. */
const MAX_ITEMS = 100_000;

/**
 * The items of a list that a framework or a user handed over; none where the value is no list or cannot be read. Of one that is
 * absurdly long the first 100,000, and a mark that the rest is missing.
 */
export function boundedList(value: unknown): readonly unknown[] {
  try {
    if (!Array.isArray(value)) return [];
    if (value.length > MAX_ITEMS) return [...value.slice(0, MAX_ITEMS), { unrepresentable: "too_large" }];
    return [...value];
  } catch {
    return [];
  }
}
