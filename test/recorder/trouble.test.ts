import { afterEach, expect, test, vi } from "vitest";
import { ComplianceGuardError } from "../../src/core/errors.ts";
import { troubleReporter } from "../../src/recorder/trouble.ts";

const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
afterEach(() => warn.mockClear());

test("onError hears of every trouble, and no warning is given", () => {
  const heard: unknown[] = [];
  const report = troubleReporter(
    (trouble) => heard.push(trouble),
    () => 0,
  );
  const trouble = { code: "timeout", eventId: "e", cause: new Error("x") } as const;
  report(trouble);
  report(trouble);
  expect(heard).toEqual([trouble, trouble]);
  expect(warn).not.toHaveBeenCalled();
});

test("without onError each code warns once a minute", () => {
  let now = 0;
  const report = troubleReporter(undefined, () => now);
  const trouble = (code: "timeout" | "api_error") =>
    report({ code, cause: new ComplianceGuardError(code, "what to do") });
  trouble("timeout");
  trouble("timeout");
  trouble("api_error");
  now = 60_000;
  trouble("timeout");
  expect(warn).toHaveBeenCalledTimes(3);
});

test("a warning tells our own message, but of a foreign error only its name", () => {
  const report = troubleReporter(undefined, () => 0);
  report({ code: "timeout", cause: new ComplianceGuardError("timeout", "raise timeoutMs") });
  report({ code: "record_not_kept", cause: new TypeError("applicant 7") });
  const [first, second] = warn.mock.calls.map(([text]) => String(text));
  expect(first).toContain("raise timeoutMs");
  expect(second).toContain("TypeError");
  expect(second).not.toContain("applicant");
});

test("a listener that throws harms nobody, and the trouble is warned of", () => {
  const report = troubleReporter(
    () => {
      throw new Error("listener");
    },
    () => 0,
  );
  report({ code: "timeout", cause: new ComplianceGuardError("timeout", "raise timeoutMs") });
  expect(warn).toHaveBeenCalledOnce();
});
