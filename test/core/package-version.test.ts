import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PACKAGE_VERSION } from "../../src/core/package-version.ts";

test("the version that events name is the package's", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(PACKAGE_VERSION).toBe(version);
});
