import { createHash } from "node:crypto";
import type { ChainLink } from "../../src/evidence/chain-link.ts";
import { NO_PREVIOUS_HASH } from "../../src/evidence/entry.ts";

/** A consistent chain, made without any code of the source but the value it starts with. */
export function chainOfEvents(count: number): ChainLink[] {
  let previousEventHash = NO_PREVIOUS_HASH;
  return Array.from({ length: count }, (_, index): ChainLink => {
    const sequenceNumber = index + 1;
    const eventId = `00000000-0000-7000-8000-${String(sequenceNumber).padStart(12, "0")}`;
    const body = JSON.stringify({
      eventId,
      systemId: "cv-screening-prod",
      occurredAtUtc: "2026-05-01T14:00:00.5+02:00",
      ...(index % 2 === 1 && { correlationId: `request-${index}` }),
    });
    const salt = Buffer.alloc(32, sequenceNumber);
    const bodyDigest = createHash("sha256").update(salt).update(body).digest("hex");
    // Names in code point order, as the canonical form has them.
    const entry = JSON.stringify({
      bodyDigest,
      environmentId: "11111111-1111-7111-8111-111111111111",
      eventId,
      ingestedAtUtc: "2026-05-01T12:00:01.000Z",
      previousEventHash,
      receiptId: `rcpt_${sequenceNumber}`,
      sequenceNumber,
      v: 1,
    });
    previousEventHash = createHash("sha256").update("\0").update(entry).digest("hex");
    return {
      sequenceNumber,
      eventId,
      systemId: "cv-screening-prod",
      correlationId: index % 2 === 1 ? `request-${index}` : null,
      occurredAt: "2026-05-01T12:00:00.500000000Z",
      entry,
      eventHash: previousEventHash,
      salt: salt.toString("hex"),
      body,
    };
  });
}
