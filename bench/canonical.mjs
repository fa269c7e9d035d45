// Canonical JSON as UTF-8 bytes, against JSON.stringify and two libraries that sort keys.
import canonicalize from "canonicalize";
import safeStableStringify from "safe-stable-stringify";
import { canonicalJson } from "../dist/core/canonical-json.js";
import { compare } from "./lib/compare.mjs";
import { chat, longText, manyKeys, records, small } from "./lib/documents.mjs";
import { printTable, short } from "./lib/table.mjs";

const stringifiers = {
  complianceguard: canonicalJson,
  "JSON.stringify": (value) => JSON.stringify(value),
  "safe-stable-stringify": (value) => safeStableStringify(value),
  canonicalize: (value) => canonicalize(value),
};

/** Goals: the most our time may be, as a multiple of JSON.stringify's and of the faster library's. */
const cases = [
  { name: "small object", document: small, ofLibraries: 1 },
  { name: "transcript", document: chat, ofStringify: 1.5, ofLibraries: 1 },
  { name: "repeated keys", document: records, ofLibraries: 1 },
  { name: "one long string", document: longText, ofLibraries: 1.1 },
  { name: "distinct keys", document: manyKeys, ofLibraries: 1.25 },
];

/** Measures and prints the table of canonical JSON. */
export function benchCanonicalJson() {
  printTable("Canonical JSON to UTF-8 bytes", cases.map(measure));
}

function measure({ name, document, ofStringify = Infinity, ofLibraries }) {
  const toBytes = (stringify) => () => Buffer.from(stringify(document), "utf8").length;
  const candidates = Object.entries(stringifiers).map(([key, stringify]) => [key, toBytes(stringify)]);
  const { microseconds, ratio } = compare(Object.fromEntries(candidates));
  const toStringify = ratio("complianceguard", "JSON.stringify");
  const toSafeStable = ratio("complianceguard", "safe-stable-stringify");
  const toCanonicalize = ratio("complianceguard", "canonicalize");
  const isReached = toStringify <= ofStringify && Math.max(toSafeStable, toCanonicalize) <= ofLibraries;
  return {
    document: `${name}, ${short(toBytes(canonicalJson)())} B`,
    µs: short(microseconds("complianceguard")),
    "× JSON.stringify": withGoal(toStringify, ofStringify),
    "× safe-stable-stringify": withGoal(toSafeStable, ofLibraries),
    "× canonicalize": withGoal(toCanonicalize, ofLibraries),
    result: isReached ? "pass" : "FAIL",
  };
}

function withGoal(measured, most) {
  return Number.isFinite(most) ? `${short(measured)} (at most ${most})` : short(measured);
}
