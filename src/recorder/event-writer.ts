import { type Component, encodeComponent } from "../core/component.ts";
import { type EventComponents, type EventFields, encodeWrittenBody } from "../core/event.ts";
import type { EventSink, OutgoingEvent } from "../core/event-sink.ts";
import { encryptionKey, type KeyProvider, type KeyRequest, type PayloadKey } from "../core/keys.ts";
import { isLatin1 } from "../core/latin1-literal.ts";
import { sealPayload } from "../core/payload.ts";
import type { MetadataDraft } from "./metadata.ts";
import { captureComponent, captureReference, captureText } from "./total-capture.ts";
import type { Trouble } from "./trouble.ts";

/** The key of one run: fetched when it starts, the same until its event is sealed. Undefined: references only. */
export type PinnedKey = PayloadKey | undefined | Promise<PayloadKey | undefined>;

/** Why a sealed payload is missing although there is a key. */
export type PayloadOmission = "abandoned" | "too_large" | "key_unavailable";

/** A component as it is held until its event is written: by its reference alone where nothing is sealed. */
export type RecordedComponent = Pick<Component, "reference"> & Partial<Component>;

/** An event complete but for its metadata component, its seal and its bytes. */
export interface UnwrittenEvent {
  readonly fields: EventFields;
  readonly input: RecordedComponent;
  readonly output: RecordedComponent;
  readonly metadata: MetadataDraft;
  readonly key: PinnedKey;
  readonly hasDerivedId?: boolean | undefined;
}

/** What an event looks like from outside once it is written. */
export interface WrittenEvent {
  readonly eventId: string;
  readonly inputReference: string;
  readonly outputReference: string;
}

const EMPTY = encodeComponent({});

/** Turns captured components into the bytes of a body, sealed where there is a key, and hands them to the sink. */
export class EventWriter {
  readonly #sink: EventSink;
  readonly #keys: KeyProvider | undefined;
  readonly #maxContentBytes: number;
  readonly #report: (trouble: Trouble) => void;

  constructor(parts: {
    readonly sink: EventSink;
    readonly keys: KeyProvider | undefined;
    readonly maxContentBytes: number;
    readonly report: (trouble: Trouble) => void;
  }) {
    this.#sink = parts.sink;
    this.#keys = parts.keys;
    this.#maxContentBytes = parts.maxContentBytes;
    this.#report = parts.report;
  }

  /** True where the sink keeps start records. */
  get keepsStartRecords(): boolean {
    return this.#sink.begin !== undefined;
  }

  /** Captures content: the content itself only where there are keys to seal it. Never throws. */
  capture(value: unknown): { readonly component: RecordedComponent; readonly repairs: number } {
    return this.#keys ? captureComponent(value) : captureReference(value);
  }

  /** Fetches the key of a run. Never throws; a promise it returns may reject, which `submit` handles. */
  pinKey(event: KeyRequest): PinnedKey {
    if (!this.#keys) return undefined;
    try {
      return observed(encryptionKey(this.#keys, event));
    } catch (cause) {
      return observed(Promise.reject(cause));
    }
  }

  /**
   * Hands the start record to the sink: references only, so that whoever finds it after a crash needs no key.
   * @throws What the sink throws.
   */
  async begin(fields: EventFields, input: RecordedComponent, metadata: MetadataDraft): Promise<void> {
    const shown = this.#keys ? withOmission(fields, "abandoned") : fields;
    const clear = clearText(shown);
    const components = { input, output: EMPTY, metadata: metadata.component(clear) };
    await this.#sink.begin?.(outgoing(fields.eventId, encodeWrittenBody(clear, components, undefined)));
  }

  /** Takes back the start record of a call that was refused. */
  async discard(eventId: string): Promise<void> {
    await this.#sink.discard?.(eventId);
  }

  /**
   * Seals and submits. Resolves once the event is kept.
   * @throws What the sink throws: the event is then not kept.
   */
  async submit(event: UnwrittenEvent): Promise<WrittenEvent> {
    const { eventId } = event.fields;
    // Without a promise in the way the event is with the sink before this function first returns.
    const key =
      event.key instanceof Promise
        ? await event.key.catch((cause) => this.#withoutKey(eventId, cause))
        : event.key;
    const omission = this.#keys && !key ? "key_unavailable" : undefined;
    const { body, written } = this.#encode(event, key, omission);
    await this.#sink.submit(outgoing(eventId, body, event.hasDerivedId));
    return written;
  }

  #withoutKey(eventId: string, cause: unknown): undefined {
    this.#report({ code: "key_unavailable", eventId, cause });
  }

  #encode(
    event: UnwrittenEvent,
    key: PayloadKey | undefined,
    omission: PayloadOmission | undefined,
  ): { body: Uint8Array; written: WrittenEvent } {
    const fields = omission ? withOmission(event.fields, omission) : event.fields;
    const { input, output } = event;
    const clear = clearText(fields);
    const metadata = event.metadata.component(clear);
    const components = { input, output, metadata } as EventComponents;
    if (key && sizeOf(components) > this.#maxContentBytes) return this.#encode(event, undefined, "too_large");
    const payload = key ? sealPayload(fields, components, key) : undefined;
    return {
      body: encodeWrittenBody(clear, components, payload),
      written: {
        eventId: fields.eventId,
        inputReference: input.reference,
        outputReference: output.reference,
      },
    };
  }
}

/** The clear fields as they stand in the body and in their sealed copy. */
function clearText(fields: EventFields): string {
  return captureText(fields).text as string;
}

/** In bytes of UTF-8. */
function sizeOf({ input, output, metadata }: EventComponents): number {
  return byteLength(input) + byteLength(output) + byteLength(metadata);
}

/** Only of a text beyond Latin-1 the bytes are there already. */
function byteLength(component: Component): number {
  const { text } = component;
  return isLatin1(text) ? Buffer.byteLength(text, "utf8") : component.bytes.byteLength;
}

function withOmission(fields: EventFields, omission: PayloadOmission): EventFields {
  const { run, ...others } = (fields.systemState ?? {}) as {
    readonly run?: Readonly<Record<string, unknown>>;
  };
  return { ...fields, systemState: { ...others, run: { ...run, payload_omitted: omission } } };
}

/** Nobody may be listening yet when it rejects: that must not end the process. */
function observed<T>(key: T | Promise<T>): T | Promise<T> {
  if (key instanceof Promise) key.catch(() => {});
  return key;
}

function outgoing(eventId: string, body: Uint8Array, hasDerivedId?: boolean): OutgoingEvent {
  return { eventId, body, hasDerivedId };
}
