import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { decryptEvent } from "../../src/core/decrypt-event.ts";
import { reference } from "../../src/core/digest.ts";
import { verifyChain } from "../../src/evidence/verify-chain.ts";
import { API_KEY, ask, readChain, sharedPlatform } from "../server/test-platform.ts";
import { codeOf } from "../support/error-code.ts";
import { type PythonCall, python, runPython } from "./python-client.ts";

const SKIPPED = python ? "" : " (skipped: no Python with complianceguard 0.1.5, see .ci/python-client.sh)";

/** The arguments that every event needs. */
const required = () => ({
  event_id: crypto.randomUUID(),
  system_id: "s",
  occurred_at_utc: "2026-05-01T12:00:00.123456+02:00",
  model_id: "gpt-5",
  version: "1",
  decision_classification: "automated_decision",
});

const content = {
  input: {
    prompt: "Größe? 😀\u2028",
    scores: [0.00001, 1.5e-7, 1e21, -0.5, 12345678901234567890n.toString()],
  },
  output: { answer: null, nested: [[], {}, [{ z: 1, a: "\u007f" }]] },
  metadata: { trace: "t-1" },
};

describe.skipIf(!python)(`the published Python client, unchanged${SKIPPED}`, () => {
  const platform = sharedPlatform();

  const ingest = (more: object = {}): PythonCall => ({
    name: "ingest_event",
    arguments: { ...required(), ...more },
  });

  test("records an event with every field, and reads its receipt", async () => {
    const call = ingest({
      ...content,
      correlation_id: "request-1",
      idempotency_key: "once",
      human_oversight: { decision: "approve", reviewerType: "human", notes: "gr\u00fcn \ud83d\ude00" },
      reference_data: [{ index: 0, reference: "r" }],
      system_state: { metrics: { accuracy: 1.0, big: 12345678901234567890n.toString() } },
      data_subjects: ["p1"],
      actor: { type: "model", name: "m" },
    });
    const { answers } = await runPython(platform(), [call]);
    const { event_id: eventId } = call.arguments as { event_id: string };
    const { body: stored } = await ask(platform(), `/v1/events/${eventId}`);
    expect(answers[0]?.result).toEqual({
      event_id: eventId,
      system_id: "s",
      environment_id: stored.environmentId,
      sequence_number: stored.sequenceNumber,
      ingested_at_utc: stored.ingestedAtUtc,
      event_hash: stored.eventHash,
      receipt_id: stored.receiptId,
    });
    expect(stored).toMatchObject({
      occurredAtUtc: "2026-05-01T12:00:00.123456+02:00",
      correlationId: "request-1",
      idempotencyKey: "once",
      humanOversight: call.arguments["human_oversight"],
      referenceData: call.arguments["reference_data"],
      systemState: call.arguments["system_state"],
      dataSubjects: ["p1"],
      actor: { type: "model", name: "m" },
      inputReference: reference(content.input),
      outputReference: reference(content.output),
      metadataReference: reference(content.metadata),
    });
  });

  test("records an encrypted event; where its Python seals empty objects, that is found", async () => {
    const key = randomBytes(32);
    const call = ingest({ ...content, payload_key: key.toString("hex"), payload_key_id: "kek-1" });
    const { version, answers } = await runPython(platform(), [call]);
    const { body: event } = await ask(platform(), `/v1/events/${answers[0]?.result?.["event_id"]}`);
    expect(event.payloadKeyId).toBe("kek-1");
    const [major, minor] = version;
    // Before Python 3.12 the client's locals() is that of a comprehension: all three components are sealed as {}.
    if (major > 3 || minor >= 12) expect(await decryptEvent(event, key)).toEqual(content);
    else expect(await codeOf(() => decryptEvent(event, key))).toBe("reference_mismatch");
  });

  test("opens what this package sealed, as the platform gives it", async () => {
    const key = randomBytes(32);
    const client = new ComplianceGuardClient({ baseUrl: platform().url, apiKey: API_KEY });
    const { eventId } = await client.ingestEvent({
      systemId: "s",
      modelId: "gpt-5",
      version: "1",
      decisionClassification: "automated_decision",
      ...content,
      payloadKey: key,
      payloadKeyId: "kek-1",
    });
    await client.close();
    const { body: event } = await ask(platform(), `/v1/events/${eventId}`);
    const call = { name: "decrypt_event", arguments: { event, key: key.toString("hex") } } as const;
    const { answers } = await runPython(platform(), [call]);
    expect(answers[0]?.result).toEqual(content);
  });

  test("records an override", async () => {
    const { decision_classification: _, ...others } = required();
    const call: PythonCall = {
      name: "log_override",
      arguments: {
        ...others,
        request_id: "request-1",
        user_id: "reviewer-7",
        reason: "the CV says otherwise",
        original_output: { score: 0.25 },
        final_output: { score: 1.0 },
      },
    };
    const { answers } = await runPython(platform(), [call]);
    const { body } = await ask(platform(), `/v1/events/${answers[0]?.result?.["event_id"]}`);
    expect(body).toMatchObject({
      correlationId: "request-1",
      decisionClassification: "automated_decision",
      inputReference: reference({ score: 0.25 }),
      humanOversight: {
        decision: "override",
        reviewerType: "human",
        reviewerId: "reviewer-7",
        interventionType: "override",
        notes: "the CV says otherwise",
      },
    });
  });

  test("raises its own error for a system nobody registered, with its name", async () => {
    const { answers } = await runPython(platform(), [ingest({ system_id: "nobody's" })]);
    expect(answers[0]).toMatchObject({
      error: "UnknownSystemError",
      status_code: 422,
      system_id: "nobody's",
    });
  });

  test("gets the stored receipt for the same event again, and an error for another one of its id", async () => {
    const call = ingest({ correlation_id: "request-1" });
    const changed = { ...call, arguments: { ...call.arguments, version: "2" } };
    const { answers } = await runPython(platform(), [call, call, changed]);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toMatchObject({ error: "ComplianceGuardError", status_code: 409 });
    expect(JSON.parse(answers[2]?.body ?? "")).toMatchObject({ code: "event_id_conflict" });
  });

  test("raises an error that shows the problem where a field is refused", async () => {
    const { answers } = await runPython(platform(), [ingest({ occurred_at_utc: "yesterday" })]);
    expect(answers[0]).toMatchObject({ error: "ComplianceGuardError", status_code: 400 });
    expect(JSON.parse(answers[0]?.body ?? "")).toMatchObject({ code: "invalid_event" });
  });

  test("leaves a chain that is whole", async () => {
    const { links, head } = await readChain(platform());
    expect(links.length).toBeGreaterThan(3);
    expect(await verifyChain(links, { statedHead: () => head })).toMatchObject({ isConsistent: true });
  });
});
