// What recording one event costs the thread that makes the call: references, and the sealed payload.
import { createSecretKey, randomBytes } from "node:crypto";
import { encodeComponent } from "../dist/core/component.js";
import { sealPayload } from "../dist/core/payload.js";
import { compare } from "./lib/compare.mjs";
import { event } from "./lib/documents.mjs";
import { printTable, short } from "./lib/table.mjs";

const payloadKey = { key: createSecretKey(randomBytes(32)), keyId: "bench" };
const identity = {
  eventId: "019a0000-0000-7000-8000-000000000001",
  systemId: "bench",
  occurredAtUtc: "2026-11-22T00:00:00Z",
};

const encoded = (use) => ({
  input: encodeComponent(event.input, use),
  output: encodeComponent(event.output, use),
  metadata: encodeComponent(event.metadata, use),
});

const BASE = "JSON.stringify of the three components";
const cases = [
  { name: "three references", atMost: 2.4, run: () => encoded("hash").input.reference.length },
  {
    name: "three references and the sealed payload",
    atMost: 3.6,
    run: () => sealPayload(identity, encoded("seal"), payloadKey).ciphertext.length,
  },
];

/** Measures and prints the table of whole events. */
export function benchEvent() {
  const { microseconds, ratio } = compare({
    [BASE]: () =>
      JSON.stringify(event.input).length +
      JSON.stringify(event.output).length +
      JSON.stringify(event.metadata).length,
    ...Object.fromEntries(cases.map(({ name, run }) => [name, run])),
  });
  const { input, output, metadata } = encoded("hash");
  const size = [input, output, metadata].reduce((sum, { bytes }) => sum + bytes.length, 0);
  const base = {
    work: BASE,
    µs: short(microseconds(BASE)),
    "× JSON.stringify": "1",
    goal: "",
    result: "",
  };
  const rows = cases.map(({ name, atMost }) => {
    const measured = ratio(name, BASE);
    return {
      work: name,
      µs: short(microseconds(name)),
      "× JSON.stringify": short(measured),
      goal: `at most ${atMost}`,
      result: measured <= atMost ? "pass" : "FAIL",
    };
  });
  printTable(`One event of ${short(size)} B`, [base, ...rows]);
}
