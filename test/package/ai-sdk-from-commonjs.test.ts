import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const nodes = {
  "22.13.0": join(root, "node_modules/node-22/bin/node"),
  "24": join(root, "node_modules/node/bin/node"),
};

/** An application in CommonJS, as most of those on ai 5 and 6 are. */
const application = `
  const { wrapLanguageModel, generateText, streamText } = require("ai");
  const { createRecorder, memorySink } = require("complianceguard");
  const { complianceGuardMiddleware } = require("complianceguard/ai-sdk");
  const sink = memorySink();
  const recorder = createRecorder({ sink, systemId: "s", version: "1", decisionClassification: "not_classified" });
  const version = process.argv[2];
  const usage = version === "v2" ? { inputTokens: 1, outputTokens: 1, totalTokens: 2 } : { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
  const ending = { finishReason: version === "v2" ? "stop" : { unified: "stop" }, usage };
  const parts = [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: "Yes." },
    { type: "text-end", id: "0" },
    { type: "finish", ...ending },
  ];
  const inner = {
    specificationVersion: version,
    provider: "scripted",
    modelId: "m",
    supportedUrls: {},
    doGenerate: async () => ({ content: [{ type: "text", text: "Yes." }], ...ending, warnings: [] }),
    doStream: async () => ({ stream: ReadableStream.from(parts) }),
  };
  const model = wrapLanguageModel({ model: inner, middleware: complianceGuardMiddleware({ recorder }) });
  (async () => {
    const { text } = await generateText({ model, prompt: "Q" });
    let streamed = "";
    for await (const piece of streamText({ model, prompt: "Q" }).textStream) streamed += piece;
    await recorder.close();
    const references = new Set(sink.events.map(({ outputReference }) => outputReference));
    console.log(JSON.stringify({ text, streamed, events: sink.events.length, references: references.size }));
  })();
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "complianceguard-commonjs-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.entries(nodes))("on Node %s", (nodeVersion, node) => {
  test.each([
    ["ai5.0.0", "v2"],
    ["ai5", "v2"],
    ["ai6.0.0", "v3"],
    ["ai6", "v3"],
    ["ai7.0.0", "v4"],
    ["ai", "v4"],
  ])("an application in CommonJS on %s records its calls", async (name, version) => {
    const project = join(folder, `${nodeVersion}-${name}`);
    await mkdir(join(project, "node_modules"), { recursive: true });
    await symlink(join(root, "node_modules", name), join(project, "node_modules/ai"), "dir");
    await symlink(root, join(project, "node_modules/complianceguard"), "dir");
    await writeFile(join(project, "application.cjs"), application);
    const { stdout, stderr } = await run(node, ["application.cjs", version], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({ text: "Yes.", streamed: "Yes.", events: 2, references: 1 });
    expect(stderr).toBe("");
  });
});
