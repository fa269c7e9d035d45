import { type ChainLink, readChainLink } from "./chain-link.ts";
import type { ChainFinding, ChainFindingKind, ChainHead, ChainReport } from "./chain-report.ts";
import { bodyDigest, decodeEntry, type Entry, eventHash, NO_PREVIOUS_HASH } from "./entry.ts";
import { linkContradiction } from "./link-contradiction.ts";

/** What a chain is held against, beside itself. */
export interface VerifyChainOptions {
  /** The head that the source of the links states, asked once all are read: they must end with it. */
  readonly statedHead?: (() => ChainHead | undefined) | undefined;
  /** A head that was kept earlier, elsewhere: the chain must still contain it. */
  readonly earlierHead?: EarlierHead | undefined;
}

/** A head that somebody kept, and what to call it in the report: `backup.jsonl of 2026-05-01T12:00:00Z`. */
export interface EarlierHead extends ChainHead {
  readonly name: string;
}

/**
 * Walks a chain from its first entry to its end and reports what does not fit: an entry that is not in its one
 * canonical form, a hash that is not the entry's, a gap, a broken tie to the entry before, a body that is not the one
 * digested, a search column that says other than the body. Memory stays flat however long the chain is.
 *
 * Never throws for what it reads, whatever it is: each item is a {@link ChainLink} or becomes a finding. Errors of
 * the iterable itself pass through.
 */
export async function verifyChain(
  links: Iterable<unknown> | AsyncIterable<unknown>,
  options: VerifyChainOptions = {},
): Promise<ChainReport> {
  const walk = new ChainWalk(options);
  for await (const link of links) walk.step(link);
  return walk.report();
}

const EMPTY_HEAD: ChainHead = { sequenceNumber: 0, eventHash: NO_PREVIOUS_HASH };
const MAX_FINDINGS_KEPT = 100;

class ChainWalk {
  readonly #statedHead: () => ChainHead | undefined;
  readonly #earlierHead: EarlierHead | undefined;
  readonly #findings: ChainFinding[] = [];
  #findingCount = 0;
  #entries = 0;
  #matchingBodies = 0;
  #erasedBodies = 0;
  #environmentId: string | undefined;
  #expectedNumber = 1;
  /** Undefined after a link that could not be read: what comes next cannot be held against it. */
  #previousHash: string | undefined = NO_PREVIOUS_HASH;
  #head: ChainHead | undefined;
  #headIngestedAtUtc: string | undefined;
  #passedEarlierHead = false;

  constructor({ statedHead, earlierHead }: VerifyChainOptions) {
    this.#statedHead = statedHead ?? (() => undefined);
    this.#earlierHead = earlierHead;
  }

  step(value: unknown): void {
    this.#entries++;
    const link = readChainLink(value);
    const entry = link && readEntry(link.entry);
    if (!link) this.#skip("malformed_link", "this is not a link of a chain");
    else if (!entry) this.#skip("malformed_entry", "the entry is not in the one form an entry has");
    else this.#follow(link, entry);
  }

  report(): ChainReport {
    const stated = this.#statedHead();
    const found = this.#head ?? EMPTY_HEAD;
    if (stated && !isSameHead(found, stated)) {
      this.#find(
        "wrong_head",
        `entry ${stated.sequenceNumber} is stated as the head, the chain ends with ${found.sequenceNumber}`,
        0,
      );
    }
    if (this.#earlierHead && !this.#passedEarlierHead) {
      const { name, sequenceNumber } = this.#earlierHead;
      this.#find("earlier_head_missing", `the head of ${name}, entry ${sequenceNumber}, is not in it`, 0);
    }
    return {
      isConsistent: this.#findingCount === 0,
      basis: this.#basis(),
      entries: this.#entries,
      bodies: { matching: this.#matchingBodies, erased: this.#erasedBodies },
      environmentId: this.#environmentId,
      head: this.#head,
      headIngestedAtUtc: this.#headIngestedAtUtc,
      findings: this.#findings,
      findingCount: this.#findingCount,
    };
  }

  #follow(link: ChainLink, entry: Entry): void {
    const hash = eventHash(link.entry);
    this.#checkPlace(entry);
    if (link.eventHash !== hash) this.#find("wrong_hash", `expected ${hash} as the entry's hash`);
    this.#checkContent(link, entry);
    this.#expectedNumber = entry.sequenceNumber + 1;
    this.#previousHash = hash;
    this.#head = { sequenceNumber: entry.sequenceNumber, eventHash: hash };
    this.#headIngestedAtUtc = entry.ingestedAtUtc;
    this.#passedEarlierHead ||= isSameHead(this.#head, this.#earlierHead);
  }

  #checkPlace(entry: Entry): void {
    if (entry.sequenceNumber !== this.#expectedNumber) {
      this.#find("wrong_sequence_number", `expected ${this.#expectedNumber}, found ${entry.sequenceNumber}`);
    }
    if (this.#previousHash !== undefined && entry.previousEventHash !== this.#previousHash) {
      this.#find("wrong_previous_hash", `expected ${this.#previousHash}, found ${entry.previousEventHash}`);
    }
    this.#environmentId ??= entry.environmentId;
    if (entry.environmentId !== this.#environmentId) {
      this.#find("wrong_environment", "its environment is not that of the first entry");
    }
  }

  #checkContent(link: ChainLink, entry: Entry): void {
    const contradiction = linkContradiction(link, entry);
    if (contradiction)
      this.#find("wrong_column", `its ${contradiction} is not that of the entry or its body`);
    if (link.body === null || link.salt === null) {
      this.#erasedBodies++;
    } else if (bodyDigest(Buffer.from(link.salt, "hex"), link.body) === entry.bodyDigest) {
      this.#matchingBodies++;
    } else {
      this.#find("wrong_body", "body and salt do not give the digest in the entry");
    }
  }

  #skip(kind: ChainFindingKind, message: string): void {
    this.#find(kind, message);
    this.#expectedNumber++;
    this.#previousHash = undefined;
  }

  #find(kind: ChainFindingKind, message: string, position: number = this.#entries): void {
    this.#findingCount++;
    if (this.#findings.length < MAX_FINDINGS_KEPT) this.#findings.push({ kind, position, message });
  }

  #basis(): string {
    // Only an unbroken walk ties what is before an earlier head to it.
    if (!this.#earlierHead || !this.#passedEarlierHead || this.#findingCount > 0)
      return "self-consistent only";
    return isSameHead(this.#head as ChainHead, this.#earlierHead)
      ? `same head as ${this.#earlierHead.name}`
      : `grown from the head of ${this.#earlierHead.name}`;
  }
}

function readEntry(text: string): Entry | undefined {
  try {
    return decodeEntry(text);
  } catch {
    return undefined;
  }
}

function isSameHead(one: ChainHead, other: ChainHead | undefined): boolean {
  return one.sequenceNumber === other?.sequenceNumber && one.eventHash === other.eventHash;
}
