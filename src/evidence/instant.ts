/**
 * A timestamp as text that sorts like the instants do: in UTC, nine digits of a second, further ones cut off.
 * @param timestamp RFC 3339, of a time that exists (`isTimestamp`).
 */
export function sortableInstant(timestamp: string): string {
  const wholeSeconds = timestamp.slice(0, 19).toUpperCase();
  const [fraction = ""] = /(?<=^\.)\d+/.exec(timestamp.slice(19)) ?? [];
  const zone = timestamp.slice(fraction === "" ? 19 : 20 + fraction.length).toUpperCase();
  const utc = zone === "Z" ? wholeSeconds : new Date(wholeSeconds + zone).toISOString().slice(0, -5);
  return `${utc}.${fraction.slice(0, 9).padEnd(9, "0")}Z`;
}
