/** A call that a model asked the application to execute. */
export interface ProposedCall {
  readonly id: string;
  readonly name: string;
  /** Parsed JSON, or the text where it does not parse. */
  readonly arguments: unknown;
}
