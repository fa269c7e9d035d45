/** Tells a framework's message object from other values: its neutral messages, or undefined where it is none. */
export type MessageTranslator = (candidate: object) => readonly object[] | undefined;

/** A value together with the translator of the message objects somewhere in it, applied when the value is captured. */
export class Translated {
  readonly value: unknown;
  readonly translate: MessageTranslator;

  constructor(value: unknown, translate: MessageTranslator) {
    this.value = value;
    this.translate = translate;
  }
}
