import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent, tool } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

const runOf = (event: RecordedEvent | undefined) => event?.systemState.run;

test("200 agents at once on one handler are 200 complete sets of events, none mixed with another", async () => {
  await using server = await startOpenAiServer(({ body }) => {
    const messages = body.messages as readonly { role: string; content: string }[];
    const applicant = Number(/applicant (\d+)/.exec(messages[0]?.content ?? "")?.[1]);
    const result = messages.find(({ role }) => role === "tool")?.content;
    if (result !== undefined) return { text: `applicant ${applicant} scores ${result}` };
    return { toolCalls: [{ id: "call_0", name: "score", arguments: JSON.stringify({ applicant }) }] };
  });
  const { recorder, events, troubles } = startRecording();
  const score = tool(({ applicant }) => `${applicant * 2}`, {
    name: "score",
    description: "scores",
    schema: z.object({ applicant: z.number() }),
  });
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: "none",
    configuration: { baseURL: server.baseURL },
  });
  const agent = createAgent({ model, tools: [score] });
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  const ask = (applicant: number) => {
    const complianceguard = {
      correlationId: `application ${applicant}`,
      dataSubjects: [`applicant ${applicant}`],
    };
    const messages = [new HumanMessage(`Score applicant ${applicant}.`)];
    return agent.invoke({ messages }, { callbacks, metadata: { complianceguard } });
  };
  await Promise.all(Array.from({ length: 200 }, (_, applicant) => ask(applicant)));

  const all = await events();
  expect(troubles).toEqual([]);
  expect(all.map(({ systemState }) => systemState.recorder.sequence)).toEqual(
    all.map((_, index) => index + 1),
  );
  const sets = Map.groupBy(all, ({ correlationId }) => correlationId);
  expect(sets.size).toBe(200);
  for (let applicant = 0; applicant < 200; applicant += 1) {
    const set = sets.get(`application ${applicant}`) ?? [];
    expect(set.map((event) => `${runOf(event)?.["kind"]} ${statusOf(event)}`)).toEqual([
      "agent success",
      "model success",
      "tool success",
      "model success",
    ]);
    const [root, asking, run, answering] = set;
    expect(new Set(set.map((event) => runOf(event)?.["root_id"]))).toEqual(new Set([runOf(root)?.["id"]]));
    for (const { dataSubjects } of set) expect(dataSubjects).toEqual([`applicant ${applicant}`]);
    expect(asking?.input.messages).toMatchObject([{ parts: [{ content: `Score applicant ${applicant}.` }] }]);
    // Every agent's call has the same id, as some providers do: it must not be taken for another's.
    expect(runOf(run)).not.toHaveProperty("arguments_modified");
    expect(run).toMatchObject({
      input: { name: "score", arguments: { applicant } },
      output: { result: `${applicant * 2}` },
    });
    expect(answering?.output.messages).toMatchObject([
      { parts: [{ content: `applicant ${applicant} scores ${applicant * 2}` }] },
    ]);
  }
});

test("10,000 runs of which a third are broken off leave nothing open and nothing in memory", async () => {
  const program = new URL("./many-runs-process.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, "10000", "1000"]);
  const { heap, started, submitted, open, statuses } = JSON.parse(stdout);
  expect({ submitted, open }).toEqual({ submitted: started, open: 0 });
  expect(heap[10_000] - heap[1_000]).toBeLessThan(1024 * 1024);
  // Twelve ways to call in turn: of those broken off one tells its end, the others leave one or two runs open each.
  const turns = 10_000 / 12;
  expect(statuses.success).toBeGreaterThan(12 * turns - 12);
  expect(statuses.cancelled).toBeGreaterThan(turns - 1);
  expect(statuses.abandoned).toBeGreaterThan(5 * turns - 5);
  expect(statuses["error:Error"]).toBeGreaterThan(turns - 1);
}, 600_000);
