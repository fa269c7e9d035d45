/** What the attempts at one call share beside the prompt: with the same question it stands in for it. */
export interface CallTie {
  /** Objects that the framework hands to each attempt. */
  readonly objects: readonly object[];
  /** True where a retry carries them for sure, whatever middleware in between makes anew. */
  readonly isSure: boolean;
}

/** A call at a model, as far as it tells whether it is a further attempt at an earlier one. */
export interface AttemptedCall {
  /** The prompt object. The framework makes it once a step and hands the same to each retry, but for ai 7's `streamText`. */
  readonly prompt: unknown;
  readonly tie: CallTie;
  /** The model's provider and name. */
  readonly model: string;
  /** True where the framework hands the same prompt object to a retry. */
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
 * prompt is made anew, one with an object of its call and the same question failed in the last two minutes. Each failure has
 * one retry, so calls side by side do not count each other. Holds nothing alive that is not in use elsewhere.
 */
export class Attempts {
  readonly #failures = new WeakMap<object, Failure[]>();
  /** Of all calls: the latest, by their hashes alone. */
  #latest: Failure[] = [];
  readonly #nowMs: () => number;

  /** @param nowMs A monotonic clock. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  begin(call: AttemptedCall): Attempt {
    const question = once(call.inputReference);
    const failure = this.#sharingPrompt(call) ?? this.#sharingTie(call, question);
    if (failure) failure.isRetried = true;
    const number = failure ? failure.number + 1 : this.#isFirst(call, question) ? 1 : undefined;
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

  #sharingTie({ tie, model }: AttemptedCall, question: Question): Failure | undefined {
    const failures = tie.objects.flatMap((object) => this.#open(object));
    return failures.find((failure) => this.#isOf(failure, model, question));
  }

  /** Middleware further out may make everything anew for each attempt, and then only the question looks the same. */
  #isFirst({ tie, keepsPrompt, model }: AttemptedCall, question: Question): boolean {
    if (tie.isSure) return true;
    if (!keepsPrompt && tie.objects.length === 0) return false;
    return !this.#latest.some((failure) => !failure.isRetried && this.#isOf(failure, model, question));
  }

  #isOf(failure: Failure, model: string, question: Question): boolean {
    const isOpen = failure.model === model && failure.failedAtMs >= this.#nowMs() - RETRY_WITHIN_MS;
    return isOpen && failure.inputReference !== undefined && failure.inputReference === question();
  }

  #open(key: unknown): readonly Failure[] {
    const failures = isObject(key) ? this.#failures.get(key) : undefined;
    return failures?.filter(({ isRetried }) => !isRetried) ?? [];
  }

  #remember({ prompt, tie, model }: AttemptedCall, failed: Pick<Failure, "number" | "inputReference">): void {
    const failure = { ...failed, model, failedAtMs: this.#nowMs(), isRetried: false };
    this.#latest = [...this.#latest, failure].slice(-FAILURES_KEPT);
    for (const key of [prompt, ...tie.objects])
      if (isObject(key)) this.#failures.set(key, [...this.#open(key), failure].slice(-FAILURES_KEPT));
  }
}

type Question = AttemptedCall["inputReference"];

/** Asked as often as it is: the same answer, found once. */
function once(question: Question): Question {
  let asked: { readonly answer: string | undefined } | undefined;
  return () => {
    asked ??= { answer: question() };
    return asked.answer;
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
