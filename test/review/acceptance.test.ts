import { expect, test } from "vitest";
import { z } from "zod";
import { standardAcceptance } from "../../src/review/acceptance.ts";

test("a schema gives the value it makes, or every problem with its path", async () => {
  const accept = standardAcceptance(
    z.object({ items: z.array(z.object({ amount: z.coerce.number() })), to: z.string() }),
  );
  expect(await accept?.({ items: [{ amount: "5" }], to: "c-7" })).toEqual({
    value: { items: [{ amount: 5 }], to: "c-7" },
  });
  const misfit = (await accept?.({ items: [{ amount: "five" }] })) as { problem: string };
  expect(misfit.problem).toMatch(/^items\.0\.amount: .+; to: .+/);
});

test("a schema that is a function, with keys in objects, is one too", async () => {
  const validate = (value: unknown) =>
    value === 1
      ? { value }
      : { issues: [{ message: "not one", path: [{ key: "a" }, "b"] }, { message: "at all" }] };
  const accept = standardAcceptance(Object.assign(() => {}, { "~standard": { validate } }));
  expect(await accept?.(1)).toEqual({ value: 1 });
  expect(await accept?.(2)).toEqual({ problem: "a.b: not one; at all" });
});

test.each([[undefined], [null], ["text"], [{}], [{ "~standard": {} }], [() => {}]])(
  "%j cannot check anything",
  (schema) => {
    expect(standardAcceptance(schema)).toBeUndefined();
  },
);
