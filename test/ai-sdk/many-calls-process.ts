// Ten thousand calls at one wrapped model, a third of them broken off, with ai 7's telemetry beside it. Run by many-calls.test.ts as a process of its own with
// `--expose-gc`; prints what became of them, and the heap on the way, as one line of JSON.
import { complianceGuardMiddleware, complianceGuardTelemetry } from "../../src/ai-sdk/index.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import type { Sdk7 } from "../support/ai-7.ts";
import { sdks, type WrappedModel } from "../support/ai-sdks.ts";
import { controlTime } from "../support/controlled-time.ts";
import { scriptedModel, streamParts } from "../support/scripted-model.ts";

const [callCount, comparedAt] = [Number(process.argv[2]), Number(process.argv[3])];
const each = sdks.find(({ name }) => name === process.argv[4]);
if (!each) throw new Error(`there is no ${process.argv[4]}`);
const { sdk, version } = each;
const abandonAfterMs = 900_000;
// The sweep of calls that nobody ends comes every second.
const time = controlTime({ fromMs: 1_000 });

let submitted = 0;
const open = new Set<string>();
const statuses: Record<string, number> = {};
const status = async () => ({ delivered: submitted, waiting: 0, deadLetters: 0 });
const recorder = new Recorder({
  systemId: "s",
  version: "1",
  decisionClassification: "automated_decision",
  abandonAfterMs,
  sink: {
    begin: async ({ eventId }) => {
      open.add(eventId);
    },
    submit: async ({ eventId, body }) => {
      submitted += 1;
      open.delete(eventId);
      const { provider_status: how } = JSON.parse(Buffer.from(body).toString()).systemState.performance;
      statuses[how] = (statuses[how] ?? 0) + 1;
    },
    flush: status,
    close: status,
  },
});

const content = [{ type: "text", text: "Six years of experience. ".repeat(5) }];
const parts = streamParts(version, { content });
let pulled = 0;
/** One part at a time, as they are asked for. */
const lazily = () => {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      pulled += 1;
      const part = parts[next++];
      if (part) controller.enqueue(part);
      else controller.close();
    },
  });
};
const error = Object.assign(new Error("busy"), { statusCode: 500 });
const isBare = process.argv[5] === "bare";
const middleware = isBare ? [] : complianceGuardMiddleware({ recorder });
if (each.major === 7 && !isBare) (sdk as Sdk7).registerTelemetry(complianceGuardTelemetry({ recorder }));
const inner = [scriptedModel(version, [{ content, parts: lazily }]), scriptedModel(version, [{ error }])];
const [model, failing] = inner.map((each) => sdk.wrapLanguageModel({ model: each, middleware })) as [
  WrappedModel,
  WrappedModel,
];
/** What the scripted models remember of their calls is not to count. */
const forgetCalls = () => {
  for (const { calls } of inner) (calls as unknown[]).length = 0;
};

/** A request as a server sees it: a text and a signal of its own. */
const request = (text: string, { signal: abortSignal } = new AbortController()) => ({
  model,
  prompt: text,
  abortSignal,
  onError: () => {},
});

async function read(text: string, howMany = Number.POSITIVE_INFINITY): Promise<void> {
  let count = 0;
  for await (const _ of sdk.streamText(request(text)).textStream) if (++count >= howMany) return;
}

async function abortInTheMiddle(text: string): Promise<void> {
  const controller = new AbortController();
  const { textStream } = sdk.streamText(request(text, controller));
  try {
    for await (const _ of textStream) controller.abort();
  } catch {
    // Some versions end an aborted stream, some break it.
  }
}

async function cancelResponse(text: string): Promise<void> {
  const reader = (
    sdk.streamText(request(text)).toUIMessageStreamResponse().body as ReadableStream
  ).getReader();
  await reader.read();
  await reader.cancel();
}

/** Twelve ways to call, one after another; every third is broken off. */
const ways: readonly ((text: string) => Promise<unknown>)[] = [
  (text) => sdk.generateText(request(text)),
  (text) => read(text),
  (text) => read(text, 1),
  (text) => read(text),
  async (text) => sdk.streamText(request(text)).consumeStream(),
  (text) => abortInTheMiddle(text),
  (text) => sdk.generateText(request(text)),
  (text) => sdk.generateText({ ...request(text), model: failing, maxRetries: 0 }).catch(() => {}),
  (text) => cancelResponse(text),
  (text) => read(text),
  (text) => sdk.generateText(request(text)),
  async (text) => {
    const { stream } = await model.doStream({ prompt: [{ role: "system", content: text }] });
    const reader = stream.getReader();
    for (let count = 0; count < 4; count += 1) await reader.read();
    await reader.cancel();
  },
];

async function heapAfterCollection(): Promise<number> {
  // ai 5 and 6 read broken off streams to their end in the background.
  for (let turn = 0; turn < 500; turn += 1) await new Promise(setImmediate);
  time.pass(abandonAfterMs);
  await recorder.flush();
  // What has been given up by now is swept out.
  time.pass(1_000);
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const heap: Record<number, number> = {};
for (let count = 1; count <= callCount; count += 1) {
  const way = ways[count % ways.length] as (text: string) => Promise<unknown>;
  await way(`Short-list applicant ${count}? ${"He has a degree. ".repeat(20)}`);
  forgetCalls();
  if (count === comparedAt || count === callCount) heap[count] = await heapAfterCollection();
}
process.stdout.write(`${JSON.stringify({ heap, submitted, open: open.size, statuses, pulled })}\n`);
