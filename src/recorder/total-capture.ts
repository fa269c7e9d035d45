import { type Component, type ComponentUse, componentOfText } from "../core/component.ts";
import { type CaptureBounds, CaptureWriter } from "./capture-writer.ts";
import { recordedNames } from "./captured-container.ts";

const bounds: CaptureBounds = { maxMembers: 1_000_000, maxCharacters: 2 ** 27 };

/** A component made of a value that was repaired where JSON cannot hold it. */
export interface CapturedComponent extends CapturedReference {
  readonly component: Component;
}

/** The reference of such a component. */
export interface CapturedReference {
  readonly component: Pick<Component, "reference">;
  /** How many places were repaired; 0 where the component is the value's own canonical JSON. */
  readonly repairs: number;
}

/** Canonical JSON of a value that was repaired where JSON cannot hold it. */
export interface CapturedText {
  /** Undefined where JSON sees nothing in the value. */
  readonly text: string | undefined;
  readonly repairs: number;
}

/**
 * Encodes a component whatever the value holds: content is never the reason for a lost event. Never throws, reads each
 * member once, and holds nothing of the value afterwards but, for two seconds at most, its long texts (`repeated-text.ts`). What
 * JSON cannot hold is replaced and counted:
 *
 * - lone surrogates by U+FFFD (a stream cut inside an emoji); a key that then equals another gets a number appended
 * - NaN and the infinities by their names as text, integers beyond 400 digits by their digits as text
 * - bytes by `{sha256, size_bytes}`
 * - what is nested deeper than 200 by its canonical JSON as text (older Python cannot read deeper)
 * - anything else by `{unrepresentable: kind}`, its kind one of `UnrepresentableKind`
 */
export function captureComponent(value: unknown): CapturedComponent {
  return captured(value, "seal");
}

/** The reference that {@link captureComponent} gives, and nothing of the value. Never throws. */
export function captureReference(value: unknown): CapturedReference {
  const { component, repairs } = captured(value, "hash");
  return { component: { reference: component.reference }, repairs };
}

function captured(value: unknown, use: ComponentUse): CapturedComponent {
  const { text, repairs } = captureText(value);
  return { component: componentOfText(text === undefined || text === "null" ? "{}" : text, use), repairs };
}

/** The same as text; only an undefined value has none. Never throws. */
export function captureText(value: unknown): CapturedText {
  const writer = new CaptureWriter(bounds);
  try {
    const text = writer.write(value);
    return { text, repairs: writer.repairs };
  } catch {
    return TOO_LONG;
  }
}

/**
 * Sets the members of an object in `texts`, each as text of its own that nothing changes any more. Never throws. Gives the number
 * of repairs.
 */
export function captureMembers(members: object, texts: Map<string, string>): number {
  const keys = keysOf(members);
  if (!keys) {
    texts.set("unrepresentable", '"unreadable"');
    return 1;
  }
  const writer = new CaptureWriter(bounds);
  let repairs = 0;
  const names = keys.every(isWellFormed) ? keys : recordedNames(keys).map(([name]) => name);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const name = names[index] as string;
    if (name !== key) repairs += 1;
    try {
      const text = writer.writeMember(members, key, 1);
      if (text !== undefined) texts.set(name, text);
    } catch {
      texts.set(name, TOO_LONG.text);
      repairs += 1;
    }
  }
  return repairs + writer.repairs;
}

/** What is sent in clear of a value the caller gives: plain JSON, the same in the body and in its sealed copy. */
export function clearJson<T>(value: T): T {
  return JSON.parse(captureText({ value }).text ?? "").value as T;
}

/** The text would be longer than a string can be. */
const TOO_LONG = { text: '{"unrepresentable":"too_large"}', repairs: 1 } as const;

function isWellFormed(key: string): boolean {
  return key.isWellFormed();
}

/** The keys of what an adapter or the application gives; undefined for a proxy that does not show them. */
function keysOf(members: object): string[] | undefined {
  try {
    return Object.keys(members);
  } catch {
    return undefined;
  }
}
