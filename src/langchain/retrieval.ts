import { boundedList } from "../recorder/bounded-list.ts";
import {
  documentReferences,
  type RetrievedDocument,
  retrievalInput,
  retrievalOutput,
} from "../recorder/neutral-form.ts";
import type { RunEnd, RunStart } from "../recorder/run.ts";
import { shapeOf } from "./shape.ts";
import { type StartContext, startFacts, startMetadata } from "./start-context.ts";

/** A document as a LangChain retriever gives it. */
export interface LangChainDocument {
  readonly pageContent: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly id?: string | undefined;
}

/** Chooses what of a document is shown in clear, beside its place and its reference: nothing is by itself. */
export type ExposeDocument = (document: LangChainDocument) => Readonly<Record<string, unknown>>;

/** The start of a retrieval. */
export function retrieval(query: unknown, context: StartContext): RunStart {
  return {
    kind: "retriever",
    ...startFacts(context),
    input: () => retrievalInput(query),
    metadata: () => startMetadata(context),
  };
}

/** The end of a retrieval: its documents, and for each an entry of `referenceData`. */
export function retrievedDocuments(given: unknown, expose: ExposeDocument | undefined): RunEnd {
  const documents = boundedList(given);
  const read = documents.map(readDocument);
  const references = documentReferences(read);
  return {
    output: retrievalOutput(read),
    referenceData: references.map((entry, index) => ({
      ...exposed(expose, documents[index] as LangChainDocument),
      ...entry,
    })),
    metadata: { document_ids: documents.map((each) => shapeOf<"id">(each)?.id ?? null) },
  };
}

function readDocument(value: unknown): RetrievedDocument {
  const document = shapeOf<"pageContent" | "metadata">(value);
  return { content: document?.pageContent, metadata: document?.metadata };
}

/** A choice that fails shows nothing: it must not cost the event. */
function exposed(
  expose: ExposeDocument | undefined,
  document: LangChainDocument,
): Readonly<Record<string, unknown>> {
  try {
    return expose?.(document) ?? {};
  } catch {
    return {};
  }
}
