/**
 * Stands for content that the framework was told not to show: the reference is then of this and never of the blanks that were
 * shown in its place. The event says `payload_omitted: "not_shown"`.
 */
export const NOT_SHOWN: { readonly unrepresentable: "not_shown" } = Object.freeze({
  unrepresentable: "not_shown",
});

/** True for {@link NOT_SHOWN}, also of another loaded copy of this package. */
export function isNotShown(content: unknown): boolean {
  try {
    return (content as { readonly unrepresentable?: unknown } | null)?.unrepresentable === "not_shown";
  } catch {
    return false;
  }
}
