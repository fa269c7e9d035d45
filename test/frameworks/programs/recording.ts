/** Loads a module by the name users write, the way this program's module system does. */
export type Load = (name: string) => Promise<unknown>;

/** What is compared between versions of one event. */
export interface EventLine {
  /** `tool success`, `model cancelled` … */
  readonly event: string;
  readonly actor: string | undefined;
  readonly input: string;
  readonly output: string;
  /** The place of the event's parent among the lines. */
  readonly parent: number | undefined;
  readonly marks: readonly string[];
}

interface ShownEvent {
  readonly inputReference: string;
  readonly outputReference: string;
  readonly actor: { readonly name?: string };
  readonly systemState: {
    readonly performance: { readonly provider_status: string };
    readonly recorder: { readonly sequence: number };
    readonly run?: Readonly<Record<string, unknown>>;
  };
  readonly humanOversight?: { readonly decision?: string };
}

type ComplianceGuard = typeof import("complianceguard");
type ForLangChain = typeof import("complianceguard/langchain");
type Handler = InstanceType<ForLangChain["ComplianceGuardHandler"]>;

/** What a scenario works with. */
export interface Recording {
  readonly recorder: ReturnType<ComplianceGuard["createRecorder"]>;
  readonly callbacks: Handler[];
  /** Ends the recording and gives what was recorded, in the order the runs started. */
  lines(): Promise<readonly EventLine[]>;
}

/** A handler on a recorder that keeps its events in memory. */
export async function startRecording(
  load: Load,
  options: Partial<Parameters<ComplianceGuard["createRecorder"]>[0]> = {},
): Promise<Recording> {
  const { createRecorder, memorySink } = (await load("complianceguard")) as ComplianceGuard;
  const { ComplianceGuardHandler } = (await load("complianceguard/langchain")) as ForLangChain;
  const sink = memorySink();
  const troubles: string[] = [];
  const recorder = createRecorder({
    sink,
    systemId: "cv-screening-prod",
    version: "1",
    decisionClassification: "automated_decision",
    onError: ({ code }) => troubles.push(code),
    ...options,
  });
  const lines = async (): Promise<readonly EventLine[]> => {
    await recorder.close();
    if (troubles.length > 0) throw new Error(`the recorder had trouble: ${troubles}`);
    return linesOf(sink.events as unknown as readonly ShownEvent[]);
  };
  return { recorder, callbacks: [new ComplianceGuardHandler({ recorder })], lines };
}

function linesOf(events: readonly ShownEvent[]): EventLine[] {
  const sequence = ({ systemState }: ShownEvent): number =>
    systemState.recorder?.sequence ?? Number.MAX_SAFE_INTEGER;
  const runs = events.toSorted((left, right) => sequence(left) - sequence(right));
  const ids = runs.map(({ systemState }) => systemState.run?.["id"]);
  return runs.map((event) => {
    const { run, performance } = event.systemState;
    const parent = ids.indexOf(run?.["parent_id"] ?? null);
    return {
      event: run
        ? `${run["kind"]} ${performance.provider_status}`
        : `review ${event.humanOversight?.decision}`,
      actor: event.actor.name,
      input: event.inputReference,
      output: event.outputReference,
      parent: parent < 0 ? undefined : parent,
      marks: ["cached", "arguments_modified", "finish_reason"].flatMap((mark) =>
        run?.[mark] === undefined ? [] : [`${mark}: ${run[mark]}`],
      ),
    };
  });
}
