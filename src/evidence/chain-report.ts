/** Where a chain stands: its last entry. Keep it outside the server, and a later chain can be checked against it. */
export interface ChainHead {
  readonly sequenceNumber: number;
  readonly eventHash: string;
}

/** What can be wrong with a chain. */
export type ChainFindingKind =
  | "malformed_link"
  | "malformed_entry"
  | "wrong_hash"
  | "wrong_sequence_number"
  | "wrong_previous_hash"
  | "wrong_environment"
  | "wrong_body"
  | "wrong_column"
  | "wrong_head"
  | "earlier_head_missing";

/** One thing that is wrong. */
export interface ChainFinding {
  readonly kind: ChainFindingKind;
  /** The link's place in what was read, 1 for the first; 0 where the finding is about the whole. */
  readonly position: number;
  /** What was expected and found, without any content. */
  readonly message: string;
}

/** What a walk along a chain has shown, and on what basis. */
export interface ChainReport {
  /** True where nothing is wrong. What that is worth depends on `basis`. */
  readonly isConsistent: boolean;
  /**
   * `self-consistent only`: whoever holds the server and all copies can have rebuilt everything. `same head as …` or
   * `grown from the head of …`: nothing before that head was changed since it was kept.
   */
  readonly basis: string;
  readonly entries: number;
  readonly bodies: { readonly matching: number; readonly erased: number };
  readonly environmentId: string | undefined;
  readonly head: ChainHead | undefined;
  /** When the head's event was taken in, as its entry says. */
  readonly headIngestedAtUtc: string | undefined;
  /** The first hundred findings, in order. */
  readonly findings: readonly ChainFinding[];
  readonly findingCount: number;
}

/** The report in words, one line an element: what was checked, the result, its basis. */
export function describeChain(report: ChainReport): string[] {
  const { entries, bodies, head, findings, findingCount, basis, isConsistent } = report;
  const lines = [
    `checked: ${counted(entries, "entry", "entries")}, their hashes and order; ` +
      `${counted(bodies.matching, "body matches", "bodies match")}, ${bodies.erased} erased`,
    `head: ${head ? `${head.sequenceNumber} ${head.eventHash}` : "none, the chain is empty"}`,
    ...findings.map(({ kind, position, message }) =>
      position === 0 ? `${kind}: ${message}` : `${kind} at entry ${position}: ${message}`,
    ),
  ];
  const unlisted = findingCount - findings.length;
  if (unlisted > 0) lines.push(`… and ${counted(unlisted, "finding", "findings")} more`);
  const result = isConsistent ? "consistent" : counted(findingCount, "finding", "findings");
  lines.push(`result: ${result} (${basis})`);
  return lines;
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
