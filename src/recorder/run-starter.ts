import { isComplianceGuardError } from "../core/errors.ts";
import { newEventId } from "../core/uuid.ts";
import { Alarm } from "./alarm.ts";
import { checkedStart } from "./checked-start.ts";
import { LinkedRun } from "./linked-run.ts";
import { MetadataDraft } from "./metadata.ts";
import { isNotShown } from "./not-shown.ts";
import { activeTraceIds } from "./open-telemetry.ts";
import { RecordedRun } from "./recorded-run.ts";
import { type RecorderParts, type SequenceNumber, textOf } from "./recorder-parts.ts";
import { refusal } from "./refusal.ts";
import type { Run, RunDescription, RunEnd, RunKind, RunStart } from "./run.ts";
import { actorName, describe } from "./run-description.ts";
import { modelIdOf, type RunFacts } from "./run-event.ts";
import { type Links, RunRegistry } from "./run-registry.ts";
import type { RunSupport } from "./run-support.ts";
import { contentOf, isModified, proposalOf } from "./start-content.ts";
import type { KnownCall, RootLinks } from "./tool-call-memory.ts";
import { clearJson } from "./total-capture.ts";
import { UnrecordedRun } from "./unrecorded-run.ts";

/**
 * How long a run is open before its start record is written, in milliseconds. A run that ends sooner has its event instead, which
 * says more: two commits for it would make every quick tool and cached answer wait twice.
 */
const START_RECORD_AFTER_MS = 5;

/** Starts runs: decides whether one is recorded, captures its content, and ties it to the runs it belongs to. */
export class RunStarter {
  readonly #parts: RecorderParts;
  readonly #registry: RunRegistry;
  readonly #support: RunSupport;
  /** With the call that each tool run answers. */
  readonly #open = new Map<RecordedRun, string | undefined>();
  readonly #startRecords = new Alarm<RecordedRun>(START_RECORD_AFTER_MS, (run) => run.begin(), {
    keepsAlive: true,
  });
  readonly #refusedSources = new WeakMap<Run, unknown>();

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#registry = new RunRegistry((threadId, start) => this.#threadCorrelation(threadId, start));
    this.#support = {
      writer: parts.writer,
      clock: parts.clock,
      maxWait: parts.maxWait,
      abandonAfterMs: parts.abandonAfterMs,
      silence: new Alarm(parts.abandonAfterMs, (run) => run.giveUp()),
      report: parts.report,
      track: (work) => parts.pending.add(work),
      learn: (run, end) => this.#learn(run, end),
      amendment: (facts) => ({ ...facts, eventId: parts.newId(), recorder: parts.nextNumber() }),
      lost: ({ sequence }, isRun) => parts.log.lost(sequence, isRun),
      started: (run) => this.#startRecords.set(run),
      closed: (run) => {
        this.#closed(run);
        this.#startRecords.clear(run);
      },
    };
  }

  /** Starts a run; never throws. */
  start(given: RunStart): Run {
    try {
      return this.#start(given);
    } catch (cause) {
      return this.#notStarted(cause);
    }
  }

  #start(given: RunStart): Run {
    const { newId, report, contexts } = this.#parts;
    const refined = given?.refines?.run;
    const known = refined?.isSettled === false ? this.#registry.linksOf(refined) : undefined;
    let eventId = known && refined?.eventId;
    // Most steps of a chain are not recorded and have an id of the framework's: they need none.
    const eventIdOf = (): string => (eventId ??= newId());
    const start = checkedStart(given, (cause) => report({ code: cause.code, eventId: eventIdOf(), cause }));
    if (refined && known) return this.#refine(refined, start, known);
    const links = this.#registry.resolve(start, eventIdOf, contexts.current);
    const run = this.#startRun(start, eventIdOf, links);
    this.#registry.attach(run, links);
    this.#reportLabels(start, run);
    if (start.kind === "tool" && start.toolCallId)
      this.#rememberToolRun(start.toolCallId, start.name ?? "", run, links);
    return run;
  }

  callOf(toolCallId: string, correlationId?: string | undefined): KnownCall | undefined {
    return this.#registry.calls.get(toolCallId, correlationId);
  }

  /** Holds every open run that the call belongs to. Returns what lets them go on. */
  holdForReview(toolCallId: string): () => void {
    const root = this.callOf(toolCallId)?.root;
    const waiting = [...this.#open.keys()].filter((run) => run.facts.root === root);
    for (const run of waiting) run.holdForReview();
    return () => {
      for (const run of waiting) run.touch();
    };
  }

  /** Writes the start records that are not written yet. */
  writeStartRecords(): void {
    this.#startRecords.ringAll();
  }

  /** Gives up every run that is still open. */
  abandonAll(): void {
    for (const run of [...this.#open.keys()]) run.giveUp();
  }

  /** What a run below inherits is the same value, and has been reported. */
  #reportLabels({ refusedLabels, parent }: RunStart, run: Run): void {
    if (!refusedLabels) return;
    const { source, errors } = refusedLabels;
    this.#refusedSources.set(run, source);
    if (parent && this.#refusedSources.get(parent) === source) return;
    for (const cause of errors) this.#parts.report({ code: cause.code, eventId: run.eventId, cause });
  }

  /** Something that is no start of a run, or an option of the application's own that throws. */
  #notStarted(cause: unknown): Run {
    const { report, policyOf } = this.#parts;
    report({ code: isComplianceGuardError(cause) ? cause.code : "record_not_kept", cause });
    const eventId = newEventId();
    const isRefused = policyOf({ kind: "step", correlationId: eventId }) === "block";
    return new UnrecordedRun(() => eventId, "step", eventId, isRefused ? refusal("step", cause) : undefined);
  }

  #startRun(start: RunStart, eventIdOf: () => string, links: Links): RecordedRun | UnrecordedRun {
    const { verdictOf, policyOf, nextNumber, report, writer } = this.#parts;
    const description = describe(start, links);
    const verdict = verdictOf(description);
    if (verdict === "off") return new UnrecordedRun(eventIdOf, start.kind, links.correlationId);
    const policy = policyOf(description);
    const number = nextNumber();
    this.#parts.log.counted(verdict);
    if (verdict === "left_out") return new UnrecordedRun(eventIdOf, start.kind, links.correlationId);
    const eventId = eventIdOf();
    try {
      const metadata = new MetadataDraft();
      const content = contentOf(start, metadata);
      const { component: input, repairs } = writer.capture(content);
      metadata.countRepairs(repairs);
      const facts = {
        ...this.#factsOf(start, eventId, links, description, number),
        argumentsModified: start.kind === "tool" && isModified(content, input, links.call),
        isInputHidden: isNotShown(content),
      };
      const run = new RecordedRun(
        facts,
        { input, metadata, key: writer.pinKey(facts) },
        policy,
        this.#support,
      );
      this.#open.set(run, start.toolCallId);
      return run;
    } catch (cause) {
      // Only an option of the application's own (a systemId function) can fail here: there is no event without it.
      this.#parts.log.lost(number.sequence, true);
      report({ code: "record_not_kept", eventId, cause });
      const refused = policy === "block" ? refusal(start.kind, cause) : undefined;
      return new UnrecordedRun(eventIdOf, start.kind, links.correlationId, refused);
    }
  }

  #factsOf(
    start: RunStart,
    eventId: string,
    links: Links,
    description: RunDescription,
    number: SequenceNumber,
  ): Omit<RunFacts, "argumentsModified" | "isInputHidden"> {
    const { options, clock, pseudonyms } = this.#parts;
    const { call, root } = links;
    return {
      eventId,
      kind: start.kind,
      systemId: textOf("systemId", options.systemId, description),
      version: textOf("version", options.version, description),
      decisionClassification:
        start.decisionClassification?.toWellFormed() ??
        textOf("decisionClassification", options.decisionClassification, description),
      metrics: start.metrics && clearJson(start.metrics),
      correlationId: links.correlationId,
      startedAtMs: clock.now(),
      runId: links.runId,
      parentId: links.parentId,
      root,
      framework: start.framework,
      frameworkVersion: start.frameworkVersion,
      requestedModelId: start.modelId,
      relatedModelId: relatedModel(start.kind, call?.modelId, root, options.modelId),
      actorName: actorName(start, links, description, options.actorName),
      attempt: start.attempt,
      dataSubjects: links.dataSubjects?.map((each) => pseudonyms.dataSubject(each)),
      trace: activeTraceIds(),
      recorder: number,
    };
  }

  #threadCorrelation(threadId: string, start: RunStart): string | undefined {
    try {
      const systemId = textOf("systemId", this.#parts.options.systemId, describe(start, undefined));
      return this.#parts.pseudonyms.thread(threadId, systemId);
    } catch {
      // The application's systemId function failed: the run itself is about to say so.
      return undefined;
    }
  }

  /** The run stays where it belongs and keeps its event, number and time; what is told of it now replaces what was told. */
  #refine(run: Run, start: RunStart, known: Links): Run {
    const links = this.#registry.refine(start, known);
    if (run instanceof LinkedRun) this.#registry.attach(run, links);
    if (!(run instanceof RecordedRun)) return run;
    const { facts } = run;
    const isSame = start.refines?.keepsInput === true;
    const metadata = isSame ? run.metadata.copy() : new MetadataDraft();
    const content = contentOf(isSame ? { ...start, input: () => undefined } : start, metadata);
    const captured = isSame ? undefined : this.#parts.writer.capture(content);
    metadata.countRepairs(captured?.repairs ?? 0);
    const told = this.#factsOf(start, facts.eventId, links, describe(start, links), facts.recorder);
    const { startedAtMs, trace } = facts;
    const kept = {
      startedAtMs,
      trace,
      attempt: told.attempt ?? facts.attempt,
      frameworkVersion: told.frameworkVersion ?? facts.frameworkVersion,
    };
    const { argumentsModified, isInputHidden } = captured
      ? {
          argumentsModified: isModified(content, captured.component, links.call),
          isInputHidden: isNotShown(content),
        }
      : facts;
    run.refine({ ...told, ...kept, argumentsModified, isInputHidden }, captured?.component, metadata);
    return run;
  }

  #rememberToolRun(toolCallId: string, name: string, run: Run, { root, correlationId, call }: Links): void {
    const unproposed = { name, modelId: undefined, modelEventId: undefined, proposals: "" };
    const known = { ...(call ?? unproposed), root, correlationId, toolRun: run, hasRun: true };
    this.#registry.calls.remember(toolCallId, known);
  }

  /** What is remembered of a call must not hold what its run holds. */
  #closed(run: RecordedRun): void {
    const toolCallId = this.#open.get(run);
    this.#open.delete(run);
    if (toolCallId !== undefined) this.#registry.calls.forgetRun(toolCallId, run);
  }

  #learn(run: RecordedRun, end: RunEnd): void {
    if (run.kind !== "model") return;
    const { root, correlationId } = run.facts;
    const modelId = modelIdOf(run.facts, end);
    root.modelId = modelId;
    for (const call of end.proposedCalls ?? []) {
      const earlier = this.#registry.calls.within(call.id, correlationId);
      const proposals = withProposal(earlier?.proposals ?? "", proposalOf(call));
      // A stream tells of a call before it ends: by then its tool may run.
      const { toolRun, hasRun } = earlier?.modelEventId === run.eventId ? earlier : {};
      const known = {
        name: call.name,
        root,
        correlationId,
        modelId,
        modelEventId: run.eventId,
        proposals,
        toolRun,
        hasRun,
      };
      this.#registry.calls.remember(call.id, known);
    }
  }
}

/** Asked again when the run ends. Apart, so that it holds nothing of the run's content. */
function relatedModel(
  kind: RunKind,
  proposing: string | undefined,
  root: RootLinks,
  named: string | undefined,
): () => string | undefined {
  return () => (kind === "model" ? undefined : (proposing ?? root.modelId)) ?? named;
}

/** So many proposals under one id of one correlation are told apart. */
const MAX_PROPOSALS = 16;

function withProposal(proposals: string, proposed: string): string {
  const others = proposals.split(" ").filter((each) => each !== "" && each !== proposed);
  return [...others.slice(1 - MAX_PROPOSALS), proposed].join(" ");
}
