import { expect, test } from "vitest";
import type { ComplianceGuardError } from "../../src/core/errors.ts";
import { type CallerLabels, readCallerLabels } from "../../src/recorder/caller-labels.ts";

const all = ["correlationId", "dataSubjects", "decisionClassification", "metrics", "metadata"] as const;

function read(given: unknown, names?: readonly (keyof CallerLabels)[]) {
  const errors: ComplianceGuardError[] = [];
  const labels = readCallerLabels(given, "there", (error) => errors.push(error), names);
  expect(errors.map(({ code }) => code)).toEqual(errors.map(() => "invalid_option"));
  return { labels, places: errors.map(({ message }) => message.split(" ")[0]) };
}

test("what is well-formed is kept as it is", () => {
  const labels = {
    correlationId: "application-7",
    dataSubjects: ["p7"],
    decisionClassification: "not_classified",
    metrics: { score: 0.7 },
    metadata: { desk: "Utrecht" },
  };
  expect(read(labels, all)).toEqual({ labels, places: [] });
  expect(read({ dataSubjects: [] }).labels.dataSubjects).toEqual([]);
});

test.each([[undefined], [null], [{}], [{ correlationId: null, dataSubjects: undefined }]])(
  "%j says nothing and is nothing to report",
  (given) => {
    expect(Object.values(read(given).labels).filter((label) => label !== undefined)).toEqual([]);
    expect(read(given).places).toEqual([]);
  },
);

test.each([
  ["correlationId", 5],
  ["correlationId", ""],
  ["correlationId", {}],
  ["dataSubjects", "bob"],
  ["dataSubjects", { 0: "bob" }],
  ["dataSubjects", [5]],
  ["decisionClassification", true],
  ["decisionClassification", ""],
  ["metrics", 0.7],
  ["metrics", [0.7]],
  ["metadata", "x"],
  ["metadata", []],
] as const)("%s = %j is left out and reported", (name, value) => {
  const { labels, places } = read({ [name]: value }, all);
  expect(labels[name]).toBeUndefined();
  expect(places).toEqual([`there.${name}`]);
});

test("of a list of persons those that are text are kept", () => {
  expect(read({ dataSubjects: ["p7", 8, null] })).toMatchObject({
    labels: { dataSubjects: ["p7"] },
    places: ["there.dataSubjects"],
  });
});

test("what is no object, or throws when it is read, is reported and costs nothing else", () => {
  expect(read("application-7")).toEqual({ labels: {}, places: ["there"] });
  const hostile = {
    dataSubjects: ["p7"],
    get correlationId(): string {
      throw new Error("no");
    },
  };
  expect(read(hostile)).toMatchObject({
    labels: { dataSubjects: ["p7"] },
    places: ["there.correlationId"],
  });
});

test("labels that have no place there are not looked at", () => {
  expect(read({ metadata: 5 }).places).toEqual([]);
});
