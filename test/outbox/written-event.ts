const REFERENCE = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/** The body that a writing process keeps under an id: whoever knows the id and the kind knows every byte. */
export function writtenBody(eventId: string, kind: "abandoned" | "ended"): string {
  return JSON.stringify({
    eventId,
    systemId: "s",
    occurredAtUtc: "2026-05-01T12:00:00Z",
    modelId: kind,
    version: "1",
    decisionClassification: "automated_decision",
    inputReference: REFERENCE,
    outputReference: REFERENCE,
    metadataReference: REFERENCE,
  });
}
