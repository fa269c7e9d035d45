import { ComplianceGuardError } from "./errors.ts";

/**
 * The instant as the shortest RFC 3339 text in UTC: no trailing zeros of the fraction, no fraction when it is zero, `Z`.
 * Platforms that reprint timestamps leave this form as it is.
 * @param date A date, or milliseconds since 1970.
 * @throws {ComplianceGuardError} `invalid_argument` for an invalid date or a year that RFC 3339 cannot write.
 */
export function shortestTimestamp(date: Date | number): string {
  const milliseconds = Math.trunc(Number(date));
  const second = Math.floor(milliseconds / 1000);
  if (second !== latestSecond) {
    latestSecondText = secondText(second);
    latestSecond = second;
  }
  const thousandths = String(1000 + milliseconds - 1000 * second).slice(1);
  const fraction = thousandths === "000" ? "" : `.${thousandths.replace(/0+$/, "")}`;
  latest = `${latestSecondText}${fraction}Z`;
  return latest;
}

/** What was made last is known to be a timestamp: most that are checked are it. */
let latest = "1970-01-01T00:00:00Z";

/** Most timestamps are of the same second as the one before. */
let latestSecond = 0;
let latestSecondText = "1970-01-01T00:00:00";

/** A whole second since 1970, as `2026-05-01T12:00:00`. */
function secondText(second: number): string {
  const instant = new Date(second * 1000);
  const year = instant.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new ComplianceGuardError(
      "invalid_argument",
      "the date must be valid and between the years 0000 and 9999",
    );
  }
  return instant.toISOString().slice(0, "2026-05-01T12:00:00".length);
}

/**
 * Whether the text is an RFC 3339 timestamp of a time that exists. A leap second (`:60`) is refused, since neither
 * JavaScript nor Python nor .NET can read one.
 */
export function isTimestamp(text: unknown): text is string {
  return typeof text === "string" && (text === latest || parseTimestamp(text) !== undefined);
}

/** Whether both texts are timestamps of the same instant, to the last digit of any fraction, or the same text. */
export function sameInstant(left: string, right: string): boolean {
  if (left === right) return true;
  const [one, other] = [parseTimestamp(left), parseTimestamp(right)];
  return one !== undefined && one.seconds === other?.seconds && one.fraction === other.fraction;
}

/**
 * The texts that name the same instant and that a client may have sent where a platform shows `text`: the fraction
 * shortened or padded to at most seven, or to nine digits; UTC as `Z`, `+00:00`, `-00:00`, `z` or nothing; any offset in
 * use; `T`, or in UTC `t` or a space. `text` itself comes first; it is all there is where it is no timestamp. Which of them was
 * sent is for a hash to decide.
 */
export function equivalentTimestamps(text: string): string[] {
  const instant = parseTimestamp(text);
  if (!instant) return [text];
  const fractions = fractionsOf(instant.fraction);
  const renderings = [instant.offsetMinutes, 0, ...OFFSETS_IN_USE].flatMap((offsetMinutes) => {
    const { date, time } = localTime(instant.seconds + offsetMinutes * 60);
    return zonesOf(offsetMinutes).flatMap((zone) =>
      separatorsOf(zone).flatMap((separator) =>
        fractions.map((fraction) => `${date}${separator}${time}${fraction}${zone}`),
      ),
    );
  });
  return [...new Set([text, ...renderings])];
}

interface Instant {
  /** Whole seconds since 1970. */
  readonly seconds: number;
  /** Digits of the fraction without trailing zeros. */
  readonly fraction: string;
  readonly offsetMinutes: number;
}

const form =
  /^(\d{4}-\d\d-(\d\d))[Tt]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

function parseTimestamp(text: string): Instant | undefined {
  const [, date, day, time, fraction = "", sign, hours = "0", minutes = "0"] = form.exec(text) ?? [];
  if (date === undefined) return undefined;
  const local = new Date(`${date}T${time}Z`);
  // The engine rolls 30 February over into March: the day that comes back must be the one that was asked for.
  if (local.getUTCDate() !== Number(day)) return undefined;
  const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  const seconds = local.getTime() / 1000 - offsetMinutes * 60;
  return { seconds, fraction: fraction.replace(/0+$/, ""), offsetMinutes };
}

/** Offsets from UTC in use anywhere are whole quarters of an hour between -12:00 and +14:00. */
const OFFSETS_IN_USE = Array.from({ length: (12 + 14) * 4 + 1 }, (_, quarter) => (quarter - 12 * 4) * 15);

function fractionsOf(shortest: string): string[] {
  const lengths = [shortest.length, 0, 1, 2, 3, 4, 5, 6, 7, 9].filter((length) => length >= shortest.length);
  return lengths.map((length) => (length === 0 ? "" : `.${shortest.padEnd(length, "0")}`));
}

function zonesOf(offsetMinutes: number): string[] {
  if (offsetMinutes === 0) return ["Z", "+00:00", "-00:00", "z", ""];
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  return [`${offsetMinutes < 0 ? "-" : "+"}${twoDigits(hours)}:${twoDigits(minutes)}`];
}

function separatorsOf(zone: string): string[] {
  if (zone === "z") return ["t", "T"];
  // Python's str() writes a space; with an offset other than UTC that is too rare to try.
  return ["Z", "+00:00", ""].includes(zone) ? ["T", " "] : ["T"];
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

function localTime(seconds: number): { date: string; time: string } {
  const [date = "", time = ""] = new Date(seconds * 1000).toISOString().split("T");
  return { date, time: time.slice(0, 8) };
}
