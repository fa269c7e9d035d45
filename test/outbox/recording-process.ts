// A process that records calls, with a key, until it is killed. Says so once calls are kept. Run by a test.
import { createRecorder } from "../../src/create-recorder.ts";

const [directory = "", baseUrl = "", apiKey = "", payloadKey = "", content = ""] = process.argv.slice(2);
const recorder = createRecorder({
  baseUrl,
  apiKey,
  payloadKey,
  payloadKeyId: "test",
  systemId: "s",
  version: "1",
  decisionClassification: "not_classified",
  outbox: { directory },
});

let count = 0;

async function call(): Promise<void> {
  const run = recorder.start({ kind: "model", modelId: "gpt-5", input: () => ({ content }) });
  // Half of them long enough for a start record.
  if (count++ % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await run.succeed({ output: { content } });
  process.stdout.write("kept\n");
}

async function callAgain(): Promise<void> {
  for (;;) await call();
}

await Promise.all(Array.from({ length: 8 }, callAgain));
