import { spawnSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateText, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { expect, onTestFinished, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { type CreateRecorderOptions, createRecorder } from "../../src/create-recorder.ts";
import type { Recorder } from "../../src/recorder/recorder.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";
import type { RunningServer } from "../../src/server/serve.ts";
import { API_KEY, testDirectory, testPlatform } from "../server/test-platform.ts";
import { codeOf } from "../support/error-code.ts";
import { until } from "./fixtures.ts";
import { kill, startedThreads } from "./threads.ts";
import { recorded } from "./writers.ts";

/** Real trouble of the disk or the thread. */
interface Trial {
  /** Done before there is a recorder. */
  prepare?(directory: string): void;
  /** True where a first call goes well before the trouble begins. */
  readonly isOpenBefore?: boolean;
  begin(directory: string): Promise<void> | void;
  stop(directory: string): void;
}

function mount(...args: string[]): void {
  expect(spawnSync("mount", args).status).toBe(0);
}

function unmountWithTest(directory: string): void {
  onTestFinished(() => void spawnSync("umount", ["-l", directory]));
}

/** A disk of a mebibyte, filled until it has no room for one more byte. */
const fullDisk = (isOpenBefore: boolean): Trial => ({
  isOpenBefore,
  prepare(directory) {
    mount("-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", directory);
    unmountWithTest(directory);
  },
  begin: (directory) => void spawnSync("dd", ["if=/dev/zero", `of=${join(directory, "filler")}`, "bs=4k"]),
  stop: (directory) => rmSync(join(directory, "filler")),
});

/** These need no rights. */
const anywhere: Record<string, () => Trial> = {
  "a file in the place of the directory": () => ({
    begin: (directory) => writeFileSync(join(directory, "outbox"), ""),
    stop: (directory) => rmSync(join(directory, "outbox")),
  }),
  "a thread that has died and cannot start again": () => {
    const threads = startedThreads();
    return {
      isOpenBefore: true,
      async begin(directory) {
        renameSync(join(directory, "outbox"), join(directory, "away"));
        writeFileSync(join(directory, "outbox"), "");
        // The test's platform has threads, too; this one is the youngest.
        await kill(threads.at(-1));
      },
      stop(directory) {
        rmSync(join(directory, "outbox"));
        renameSync(join(directory, "away"), join(directory, "outbox"));
      },
    };
  },
};

/** These need the right to mount. */
const mounted: Record<string, () => Trial> = {
  "a disk that is full from the start": () => fullDisk(false),
  "a disk that has become full": () => fullDisk(true),
  "a read-only directory": () => ({
    begin(directory) {
      mount("--bind", directory, directory);
      unmountWithTest(directory);
      mount("-o", "remount,ro,bind", directory);
    },
    stop: (directory) => mount("-o", "remount,rw,bind", directory),
  }),
};

function mayMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "complianceguard-"));
  const isMounted = spawnSync("mount", ["-t", "tmpfs", "tmpfs", directory]).status === 0;
  if (isMounted) spawnSync("umount", [directory]);
  rmSync(directory, { recursive: true });
  return isMounted;
}

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** An application with one model; `calls` counts what reached it. */
async function application(
  trial: Trial,
  onFailure: "block" | "continue",
  options: Partial<CreateRecorderOptions> = {},
) {
  const server = await testPlatform();
  const directory = await testDirectory();
  trial.prepare?.(directory);
  const troubles: Trouble[] = [];
  const recorder = createRecorder({
    baseUrl: server.url,
    apiKey: API_KEY,
    systemId: "s",
    version: "1",
    decisionClassification: "not_classified",
    onFailure,
    onError: (trouble) => troubles.push(trouble),
    outbox: { directory },
    ...options,
  });
  onTestFinished(() => void recorder.close({ timeoutMs: 1 }));
  let calls = 0;
  const bare = new MockLanguageModelV4({
    modelId: "gpt-5",
    doGenerate: async () => {
      calls++;
      return {
        content: [{ type: "text", text: "yes" }],
        usage,
        warnings: [],
        finishReason: { unified: "stop", raw: "stop" },
      };
    },
  });
  const model = wrapLanguageModel({ model: bare, middleware: complianceGuardMiddleware({ recorder }) });
  const ask = async (): Promise<string> => (await generateText({ model, prompt: "?", maxRetries: 0 })).text;
  return { server, directory, recorder, troubles, ask, calls: () => calls };
}

/** What the platform has of one recorder: its sequence numbers, and the ranges that `lost` events state. */
async function chainOf(
  server: RunningServer,
): Promise<{ numbers: number[]; stated: number[]; kinds: string[] }> {
  const states = [...(await recorded(server)).values()].map(
    ({ body }) => JSON.parse(body).systemState as State,
  );
  const stated = states.flatMap(({ lifecycle }) => lifecycle?.sequences ?? []);
  return {
    numbers: states.map(({ recorder }) => recorder.sequence),
    stated: stated.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ),
    kinds: states.map(({ lifecycle }) => lifecycle?.event ?? "run"),
  };
}

interface State {
  readonly recorder: { readonly sequence: number };
  readonly lifecycle?: {
    readonly event: string;
    readonly sequences?: readonly (readonly [first: number, last: number])[];
  };
}

const trials = { ...anywhere, ...mounted };
const MAY_MOUNT = mayMount();

/** One test for each trial; those that need a mount are shown as skipped where none is allowed. */
function each(title: string, work: (name: string) => Promise<void>, timeoutMs: number): void {
  for (const name of Object.keys(trials)) {
    test.skipIf(name in mounted && !MAY_MOUNT)(title.replace("%s", name), () => work(name), timeoutMs);
  }
}

each(
  "with %s, block refuses the call before the model, and lets it through afterwards",
  async (name) => {
    const trial = (trials[name] as () => Trial)();
    const { recorder, directory, ask, calls, server } = await application(trial, "block");
    const before = trial.isOpenBefore ? 1 : 0;
    if (trial.isOpenBefore) await ask();
    await trial.begin(directory);
    expect(await codeOf(ask)).toBe("record_not_kept");
    expect(await codeOf(ask)).toBe("record_not_kept");
    expect(calls()).toBe(before);
    trial.stop(directory);
    await until(() => isReady(recorder));
    expect(await ask()).toBe("yes");
    expect(calls()).toBe(before + 1);
    expect(await recorder.close()).toMatchObject({ waiting: 0, deadLetters: 0 });
    expect((await chainOf(server)).kinds.filter((kind) => kind === "run")).toHaveLength(before + 1);
  },
  30_000,
);

each(
  "with %s, continue lets calls go on, reports each event once, and states the gap afterwards",
  async (name) => {
    const trial = (trials[name] as () => Trial)();
    const { recorder, directory, ask, calls, server, troubles } = await application(trial, "continue");
    if (trial.isOpenBefore) await ask();
    await trial.begin(directory);
    for (let count = 0; count < 3; count++) expect(await ask()).toBe("yes");
    const lost = troubles.flatMap(({ eventId }) => eventId ?? []);
    expect(lost.length).toBeGreaterThanOrEqual(3);
    expect(new Set(lost).size).toBe(lost.length);
    trial.stop(directory);
    await until(() => isReady(recorder));
    await ask();
    expect(calls()).toBe(trial.isOpenBefore ? 5 : 4);
    expect(await recorder.close()).toMatchObject({ waiting: 0, deadLetters: 0 });
    const { numbers, stated, kinds } = await chainOf(server);
    expect(kinds).toContain("lost");
    expect(stated.length).toBeGreaterThanOrEqual(3);
    // Every number is at the platform or stated to be lost, none both.
    const all = [...numbers, ...stated].toSorted((a, b) => a - b);
    expect(all).toEqual(all.map((_, index) => index + 1));
  },
  30_000,
);

test("with no room for one more event, block refuses and continue goes on", async () => {
  const server = await testPlatform();
  for (const onFailure of ["block", "continue"] as const) {
    const directory = await testDirectory();
    const { ask, calls, recorder } = await application({ begin() {}, stop() {} }, onFailure, {
      outbox: { directory, maxBytes: 100 },
      baseUrl: server.url,
    });
    expect(await codeOf(ask)).toBe(onFailure === "block" ? "record_not_kept" : "nothing thrown");
    expect(calls()).toBe(onFailure === "block" ? 0 : 1);
    await recorder.close();
  }
  expect((await recorded(server)).size).toBe(0);
});

async function isReady(recorder: Recorder): Promise<boolean> {
  return (await codeOf(() => recorder.ready())) === "nothing thrown";
}
