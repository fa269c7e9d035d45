import { describe, expect, test } from "vitest";
import {
  ApiError,
  ComplianceGuardError,
  isComplianceGuardError,
  KeyErasedError,
  UnknownSystemError,
} from "../../src/core/errors.ts";

test("an error says its code, its name, its message and its cause", () => {
  const cause = new Error("below");
  const error = new ComplianceGuardError("timeout", "too late", { cause });
  expect(error).toMatchObject({ name: "ComplianceGuardError", code: "timeout", message: "too late", cause });
  expect(error).toBeInstanceOf(Error);
});

describe("an error of this package is recognised", () => {
  test.each([
    new ComplianceGuardError("timeout", "too late"),
    new KeyErasedError("kek"),
    new ApiError(500, "body"),
    new UnknownSystemError(400, "body", "s"),
  ])("when it is %s", (error) => {
    expect(isComplianceGuardError(error)).toBe(true);
  });

  test("when another loaded copy of the package made it", () => {
    const foreign = Object.defineProperty(new Error("other copy"), Symbol.for("complianceguard.error"), {
      value: true,
    });
    expect(foreign).not.toBeInstanceOf(ComplianceGuardError);
    expect(isComplianceGuardError(foreign)).toBe(true);
  });

  test.each([new Error("a"), { code: "timeout" }, null, undefined, "timeout"])("and %s is none", (value) => {
    expect(isComplianceGuardError(value)).toBe(false);
  });
});

test("an API error carries what the platform said", () => {
  const error = new ApiError(429, "slow down", { problem: "rate_limited", retryAfterMs: 2000 });
  expect(error).toMatchObject({
    name: "ApiError",
    code: "api_error",
    status: 429,
    body: "slow down",
    problem: "rate_limited",
    retryAfterMs: 2000,
  });
  expect(new ApiError(500, "")).toMatchObject({ problem: undefined, retryAfterMs: undefined });
});

test("an unknown system is named, with the page and the command that register it", () => {
  const error = new UnknownSystemError(400, "{}", "cv-screening-prod");
  expect(error).toMatchObject({ code: "unknown_system_id", status: 400, systemId: "cv-screening-prod" });
  expect(error.registrationUrl).toBe("https://dashboard.complianceguardai.eu/systems");
  expect(error.message).toContain("cv-screening-prod");
  expect(error.message).toContain(error.registrationUrl);
  expect(error.message).toContain('"complianceguard system add NAME"');
  expect(new UnknownSystemError(400, "{}", undefined).message).toContain(error.registrationUrl);
});

test("an erased key is named by its id", () => {
  expect(new KeyErasedError("kek-1")).toMatchObject({
    name: "KeyErasedError",
    code: "key_erased",
    keyId: "kek-1",
  });
});
