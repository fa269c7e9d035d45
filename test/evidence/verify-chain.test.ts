import { describe, expect, test } from "vitest";
import type { ChainLink } from "../../src/evidence/chain-link.ts";
import { describeChain } from "../../src/evidence/chain-report.ts";
import { eventHash } from "../../src/evidence/entry.ts";
import { verifyChain } from "../../src/evidence/verify-chain.ts";
import { readVectors } from "../support/vectors.ts";
import { chainOfEvents } from "./chain-of-events.ts";

const chain = chainOfEvents(4);

async function findingsOf(links: Iterable<unknown>): Promise<string[]> {
  const { findings } = await verifyChain(links);
  return findings.map(({ kind, position }) => `${kind} ${position}`);
}

/** The chain with one link changed. */
function withLink(index: number, change: (link: ChainLink) => unknown): unknown[] {
  return chain.map((link, each) => (each === index ? change(link) : link));
}

test("the reference implementation's 300 entries are a consistent chain", async () => {
  const { entries, leafHashes } = readVectors<{ entries: string[]; leafHashes: string[] }>(
    "transparency-log.json",
  );
  const links = entries.map((entry, index) => {
    const { eventId, sequenceNumber } = JSON.parse(entry);
    const erased = { systemId: "", correlationId: null, occurredAt: "", salt: null, body: null };
    return { ...erased, sequenceNumber, eventId, entry, eventHash: leafHashes[index] };
  });
  const report = await verifyChain(links);
  expect(report).toMatchObject({ isConsistent: true, entries: 300, bodies: { matching: 0, erased: 300 } });
  expect(report.head).toEqual({ sequenceNumber: 300, eventHash: leafHashes.at(-1) });
});

test("a consistent chain is reported with what was checked, its head and its basis", async () => {
  const report = await verifyChain(chain);
  expect(report).toEqual({
    isConsistent: true,
    basis: "self-consistent only",
    entries: 4,
    bodies: { matching: 4, erased: 0 },
    environmentId: "11111111-1111-7111-8111-111111111111",
    head: { sequenceNumber: 4, eventHash: chain[3]?.eventHash },
    headIngestedAtUtc: "2026-05-01T12:00:01.000Z",
    findings: [],
    findingCount: 0,
  });
  expect(describeChain(report).at(-1)).toBe("result: consistent (self-consistent only)");
});

test("an empty chain is consistent and has no head", async () => {
  expect(await verifyChain([])).toMatchObject({ isConsistent: true, entries: 0, head: undefined });
});

test("an erased body leaves the chain whole and is counted", async () => {
  const report = await verifyChain(withLink(1, (link) => ({ ...link, salt: null, body: null })));
  expect(report).toMatchObject({ isConsistent: true, bodies: { matching: 3, erased: 1 } });
});

describe("a change is found where it is:", () => {
  const entryWith = (change: object) => (link: ChainLink) => {
    const entry = JSON.stringify({ ...JSON.parse(link.entry), ...change });
    return { ...link, entry, eventHash: eventHash(entry) };
  };

  test.each([
    ["an entry's hash", withLink(1, (link) => ({ ...link, eventHash: "0".repeat(64) })), ["wrong_hash 2"]],
    [
      "an entry, its hash made to fit",
      withLink(1, entryWith({ receiptId: "rcpt_x" })),
      ["wrong_previous_hash 3"],
    ],
    ["the last entry left out", chain.slice(1), ["wrong_sequence_number 1", "wrong_previous_hash 1"]],
    [
      "one left out in the middle",
      chain.toSpliced(1, 1),
      ["wrong_sequence_number 2", "wrong_previous_hash 2"],
    ],
    [
      "one twice",
      chain.toSpliced(1, 0, chain[1] as ChainLink),
      ["wrong_sequence_number 3", "wrong_previous_hash 3"],
    ],
    ["a body", withLink(2, (link) => ({ ...link, body: `${link.body} ` })), ["wrong_body 3"]],
    ["a salt", withLink(2, (link) => ({ ...link, salt: "0".repeat(64) })), ["wrong_body 3"]],
    [
      "a body that is no JSON any more",
      withLink(2, (link) => ({ ...link, body: "{" })),
      ["wrong_column 3", "wrong_body 3"],
    ],
    ["the system searched by", withLink(0, (link) => ({ ...link, systemId: "other" })), ["wrong_column 1"]],
    [
      "the correlation searched by",
      withLink(0, (link) => ({ ...link, correlationId: "x" })),
      ["wrong_column 1"],
    ],
    ["the time searched by", withLink(0, (link) => ({ ...link, occurredAt: "2026" })), ["wrong_column 1"]],
    ["the id searched by", withLink(0, (link) => ({ ...link, eventId: "x" })), ["wrong_column 1"]],
    [
      "the number it is stored under",
      withLink(3, (link) => ({ ...link, sequenceNumber: 9 })),
      ["wrong_column 4"],
    ],
    ["an entry that is none", withLink(1, (link) => ({ ...link, entry: "{}" })), ["malformed_entry 2"]],
    ["a link that is text", withLink(1, () => "{"), ["malformed_link 2"]],
    ["a link that is null", withLink(1, () => null), ["malformed_link 2"]],
    ["a link with another member", withLink(1, (link) => ({ ...link, x: 1 })), ["malformed_link 2"]],
    ["a salt without its body", withLink(1, (link) => ({ ...link, body: null })), ["malformed_link 2"]],
    [
      "an entry of another environment",
      withLink(3, entryWith({ environmentId: "other" })),
      ["wrong_environment 4"],
    ],
  ])("%s", async (_what, links, expected) => {
    expect(await findingsOf(links)).toEqual(expected);
  });

  test.each(Object.keys(chain[0] as ChainLink))("a link without its %s", async (member) => {
    const links = withLink(1, (link) => ({ ...link, [member]: undefined }));
    expect(await findingsOf(links)).toEqual(["malformed_link 2"]);
  });

  test("every single bit of every text of a link", async () => {
    const link = chain[2] as ChainLink;
    for (const [member, text] of Object.entries(link).filter(([, value]) => typeof value === "string")) {
      const bytes = Buffer.from(text);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const links = withLink(2, () => ({ ...link, [member]: changed.toString("utf8") }));
        expect((await verifyChain(links)).isConsistent, `${member}, bit ${bit}`).toBe(false);
      }
    }
  });

  test("a hundred findings are listed, more are counted", async () => {
    const report = await verifyChain(Array.from({ length: 150 }, () => null));
    expect(report).toMatchObject({ isConsistent: false, findingCount: 150 });
    expect(report.findings).toHaveLength(100);
    expect(describeChain(report)).toContain("… and 50 findings more");
  });

  test("one is in the singular", async () => {
    const report = await verifyChain([null]);
    expect(describeChain(report).at(-1)).toBe("result: 1 finding (self-consistent only)");
    expect(describeChain({ ...report, findingCount: 2 }).at(-2)).toBe("… and 1 finding more");
    const [whole] = describeChain(await verifyChain(chainOfEvents(1)));
    expect(whole).toMatch(/^checked: 1 entry, .*; 1 body matches, 0 erased$/);
  });
});

describe("a head", () => {
  const headOf = ({ sequenceNumber, eventHash }: ChainLink) => ({ sequenceNumber, eventHash });
  const [first, , third, last] = chain as [ChainLink, ChainLink, ChainLink, ChainLink];

  test("kept earlier and still the last one is the basis", async () => {
    const earlierHead = { ...headOf(last), name: "backup of May" };
    expect(await verifyChain(chain, { earlierHead })).toMatchObject({
      isConsistent: true,
      basis: "same head as backup of May",
    });
  });

  test("kept earlier that the chain has grown from is the basis", async () => {
    const earlierHead = { ...headOf(first), name: "backup of May" };
    expect(await verifyChain(chain, { earlierHead })).toMatchObject({
      isConsistent: true,
      basis: "grown from the head of backup of May",
    });
  });

  test("kept earlier that is not in the chain shows that it was rebuilt or cut", async () => {
    const earlierHead = { ...headOf(last), name: "backup of May" };
    const report = await verifyChain(chain.slice(0, 3), { earlierHead });
    expect(report).toMatchObject({ isConsistent: false, basis: "self-consistent only" });
    expect(report.findings).toMatchObject([{ kind: "earlier_head_missing", position: 0 }]);
  });

  test("is no basis for a chain with a finding", async () => {
    const earlierHead = { ...headOf(last), name: "backup of May" };
    const links = withLink(0, (link) => ({ ...link, systemId: "other" }));
    expect(await verifyChain(links, { earlierHead })).toMatchObject({ basis: "self-consistent only" });
  });

  test("stated by the source must be the last one", async () => {
    const stated = (link: ChainLink) => verifyChain(chain, { statedHead: () => headOf(link) });
    expect(await stated(last)).toMatchObject({ isConsistent: true });
    expect((await stated(third)).findings).toMatchObject([{ kind: "wrong_head", position: 0 }]);
  });

  test("stated for an empty chain is 0 and zeros", async () => {
    const empty = { sequenceNumber: 0, eventHash: "0".repeat(64) };
    expect(await verifyChain([], { statedHead: () => empty })).toMatchObject({ isConsistent: true });
    expect(await verifyChain(chain, { statedHead: () => empty })).toMatchObject({ isConsistent: false });
    expect(await verifyChain([], { statedHead: () => headOf(first) })).toMatchObject({ isConsistent: false });
  });
});
