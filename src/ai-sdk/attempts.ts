/** A call at a model, as far as it tells whether it is a further attempt at an earlier one. */
export interface AttemptedCall {
  /** The prompt object. The framework makes it once a step and hands the same to each retry, but for ai 7's `streamText`. */
  readonly prompt: unknown;
  /** An object of the caller's that every attempt carries: with the same question it stands in for the prompt. */
  readonly callerObject: unknown;
  /** The model's provider and name. */
  readonly model: string;
  /** True where a retry would come with the same prompt object. */
  readonly keepsPrompt: boolean;
  /** The reference of the question, asked for only where it decides. */
  readonly inputReference: () => string | undefined;
}

/** An attempt at a call. */
export interface Attempt {
  /** 1 and up; undefined where a retry would look like a first attempt. */
  readonly number: number | undefined;
  /** The attempt failed: the next at the same call is its retry. Only the first call counts. */
  failed(inputReference: string | undefined): void;
}

interface Failure {
  readonly number: number;
  readonly model: string;
  readonly inputReference: string | undefined;
  readonly failedAtMs: number;
  isRetried: boolean;
}

/** The framework waits less than a minute for a provider that says how long, else 2, 4, 8 … seconds. */
const RETRY_WITHIN_MS = 120_000;
const FAILURES_KEPT = 100;

/**
 * Numbers attempts: a call is a further attempt where an earlier one with its prompt object at the same model failed, or, where the
 * framework makes the prompt anew, one with its caller's object and the same question failed in the last two minutes. Each
 * failure has one retry, so calls side by side do not count each other. Holds nothing alive that is not in use elsewhere.
 */
export class Attempts {
  readonly #failures = new WeakMap<object, Failure[]>();
  readonly #nowMs: () => number;

  /** @param nowMs A monotonic clock. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  begin(call: AttemptedCall): Attempt {
    const failure = this.#sharingPrompt(call) ?? this.#sharingCallerObject(call);
    if (failure) failure.isRetried = true;
    const isKnown = call.keepsPrompt || isObject(call.callerObject);
    const number = failure ? failure.number + 1 : isKnown ? 1 : undefined;
    let hasFailed = false;
    const failed = (inputReference: string | undefined): void => {
      if (!hasFailed) this.#remember(call, { number: number ?? 1, inputReference });
      hasFailed = true;
    };
    return { number, failed };
  }

  #sharingPrompt({ prompt, model }: AttemptedCall): Failure | undefined {
    return this.#open(prompt).find((failure) => failure.model === model);
  }

  #sharingCallerObject({ callerObject, model, inputReference }: AttemptedCall): Failure | undefined {
    const since = this.#nowMs() - RETRY_WITHIN_MS;
    const failures = this.#open(callerObject).filter(
      (failure) => failure.model === model && failure.failedAtMs >= since,
    );
    const question = failures.length > 0 ? inputReference() : undefined;
    return question === undefined
      ? undefined
      : failures.find((failure) => failure.inputReference === question);
  }

  #open(key: unknown): readonly Failure[] {
    const failures = isObject(key) ? this.#failures.get(key) : undefined;
    return failures?.filter(({ isRetried }) => !isRetried) ?? [];
  }

  #remember(
    { prompt, callerObject, model }: AttemptedCall,
    failed: Pick<Failure, "number" | "inputReference">,
  ): void {
    const failure = { ...failed, model, failedAtMs: this.#nowMs(), isRetried: false };
    for (const key of [prompt, callerObject])
      if (isObject(key)) this.#failures.set(key, [...this.#open(key), failure].slice(-FAILURES_KEPT));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
