import { expect, test } from "vitest";
import { createRecorder } from "../src/create-recorder.ts";
import { memorySink } from "../src/recorder/memory-sink.ts";

const good = { sink: memorySink(), systemId: "s", version: "1", decisionClassification: "not_classified" };

const refusalOf = (...given: readonly unknown[]): unknown => {
  try {
    createRecorder(...(given as [never]));
    return undefined;
  } catch (error) {
    return error;
  }
};

test.each([
  ["outbx", false],
  ["sytemId", "s"],
  ["keyID", "k"],
])("the option %s does not exist, and is refused by its name", (name, value) => {
  expect(refusalOf({ ...good, [name]: value })).toMatchObject({
    code: "invalid_option",
    message: expect.stringMatching(new RegExp(`"${name}".*outbox`)),
  });
});

test.each([[true], [null], ["/var/events"], [{ dir: "/var/events" }]])(
  "the outbox %o is refused",
  (outbox) => {
    expect(refusalOf({ ...good, outbox })).toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("outbox"),
    });
  },
);

test("without options it is refused", () => {
  expect(refusalOf()).toMatchObject({ code: "invalid_option" });
  expect(refusalOf(null)).toMatchObject({ code: "invalid_option" });
});

test("a key that is not 32 bytes is refused as such, whichever it is", () => {
  const short = Buffer.alloc(16);
  expect(refusalOf({ ...good, pseudonymKey: short })).toMatchObject({ code: "invalid_payload_key" });
  expect(refusalOf({ ...good, payloadKey: short, payloadKeyId: "k1" })).toMatchObject({
    code: "invalid_payload_key",
  });
});

test("every option there is can be left undefined", async () => {
  const absent = {
    outbox: undefined,
    timeoutMs: undefined,
    fetch: undefined,
    dispatcher: undefined,
    keys: undefined,
  };
  const recorder = createRecorder({ ...good, ...absent });
  expect(await recorder.close()).toMatchObject({ waiting: 0 });
});
