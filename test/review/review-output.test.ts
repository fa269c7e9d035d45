import { expect, test } from "vitest";
import { reference } from "../../src/core/digest.ts";
import { NeutralConversation } from "../../src/recorder/neutral-form.ts";
import { reviewOutput } from "../../src/review/review-output.ts";
import { deciding, recording } from "./fixtures.ts";

const answer = (content: string) => ({
  messages: [{ role: "assistant", parts: [{ type: "text", content }] }],
});

test("the references of an edited answer meet those of the model call that gave it", async () => {
  const { recorder, sink, reviews } = recording();
  const run = recorder.start({ kind: "model", correlationId: "application-7", input: () => ({}) });
  await run.succeed({ output: answer("Shortlist: yes") });
  const { reviewer, asked } = deciding({
    type: "edit",
    reviewerId: "alice",
    reason: "no degree",
    final: "Shortlist: no",
  });
  const outcome = await reviewOutput({
    recorder,
    reviewer,
    proposed: "Shortlist: yes",
    question: "Is this right?",
    context: { applicant: 7 },
    correlationId: run.correlationId,
    reviewedEventId: run.eventId,
  });
  expect(outcome).toEqual({ decision: "edited", final: "Shortlist: no", reason: "no degree" });
  expect(asked).toMatchObject([
    {
      subject: { kind: "output", proposed: "Shortlist: yes" },
      question: "Is this right?",
      context: { applicant: 7 },
      askedBy: "application",
      allowedDecisions: ["approve", "edit", "reject"],
      correlationId: "application-7",
    },
  ]);
  expect(reviews()[1]).toMatchObject({
    correlationId: "application-7",
    inputReference: sink.events[0]?.outputReference,
    outputReference: reference(answer("Shortlist: no")),
    systemState: {
      review: { reviewed_event_id: run.eventId, reviewed_reference: sink.events[0]?.outputReference },
    },
  });
});

test("the reference of an empty answer meets that of the model call that gave it", async () => {
  const { recorder, sink, reviews } = recording();
  const conversation = new NeutralConversation();
  conversation.add("assistant", [{ type: "text", text: "" }]);
  await recorder.start({ kind: "model", input: () => ({}) }).succeed({ output: conversation.component() });
  const { reviewer } = deciding({ type: "reject", reviewerId: "alice", reason: "says nothing" });
  await reviewOutput({ recorder, reviewer, proposed: "" });
  expect(sink.events[0]?.outputReference).toBe(reference({ messages: [{ role: "assistant", parts: [] }] }));
  expect(reviews()[1].inputReference).toBe(sink.events[0]?.outputReference);
});

test("an application that gives up gets its own reason", async () => {
  const { recorder } = recording();
  const { reviewer } = deciding();
  const signal = AbortSignal.abort(new Error("page closed"));
  await expect(reviewOutput({ recorder, reviewer, proposed: "Yes", signal })).rejects.toThrow("page closed");
});
