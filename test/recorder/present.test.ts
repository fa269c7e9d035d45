import { expect, test } from "vitest";
import { present } from "../../src/recorder/present.ts";

test("only what is undefined is left out, and the object given stays as it is", () => {
  const members = { kept: 0, empty: "", none: null, missing: undefined };
  expect(Object.entries(present(members))).toEqual([
    ["kept", 0],
    ["empty", ""],
    ["none", null],
  ]);
  expect(Object.keys(members)).toContain("missing");
});
