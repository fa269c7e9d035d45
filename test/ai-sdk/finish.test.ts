import { expect, test } from "vitest";
import { isCutOff } from "../../src/ai-sdk/finish.ts";

test.each([
  ["stop", false, false],
  [{ unified: "stop", raw: undefined }, false, false],
  [{ unified: "interrupted", raw: undefined }, true, true],
  ["unknown", true, true],
  ["other", false, true],
  ["other", true, false],
  [{ unified: "other", raw: undefined }, false, true],
  // The provider's own word is an end, whatever it means.
  [{ unified: "other", raw: "pause_turn" }, false, false],
  [undefined, false, false],
])("%j with usage: %s is cut off: %s", (finishReason, hasUsage, expected) => {
  expect(isCutOff(finishReason, hasUsage)).toBe(expected);
});
