import { expect, test } from "vitest";
import { withoutPayload } from "../../src/client/without-payload.ts";

const encode = (body: unknown) => new TextEncoder().encode(JSON.stringify(body));
const decode = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));

const BODY = {
  eventId: "0198c0de-0000-7000-8000-00000000abcd",
  inputReference: "aa",
  systemState: {
    performance: { latency_ms: 7 },
    run: { id: "r", kind: "model" },
    metrics: { accuracy: 1e-7 },
  },
  actor: { name: "Zoë 🦔" },
  payload: { ciphertext: "x" },
};

test("the payload goes, the rest stays, and the body says why", () => {
  const { payload: _, ...rest } = BODY;
  expect(decode(withoutPayload(encode(BODY)))).toEqual({
    ...rest,
    systemState: { ...BODY.systemState, run: { id: "r", kind: "model", payload_omitted: "too_large" } },
  });
});

test("a body without systemState gets one", () => {
  expect(decode(withoutPayload(encode({ eventId: "e", payload: {} })))).toEqual({
    eventId: "e",
    systemState: { run: { payload_omitted: "too_large" } },
  });
});

test.each([{}, { payload: null }])("there is nothing to leave out of %j", (body) => {
  expect(withoutPayload(encode(body))).toBeUndefined();
});
