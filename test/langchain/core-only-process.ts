// Calls a model inside a function without handing its configuration on, with core alone, and prints what was recorded. Run by a test.
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { createRecorder, memorySink } from "complianceguard";
import { ComplianceGuardHandler } from "complianceguard/langchain";

if (process.argv[2] === "with context") await import("@langchain/core/context");

const sink = memorySink();
const common = { systemId: "s", version: "1", decisionClassification: "not_classified" };
const recorder = createRecorder({ ...common, sink });
const model = new FakeListChatModel({ responses: ["Yes."] });
const chain = RunnableLambda.from(async (text: string) => (await model.invoke(text)).text);
await chain.invoke("?", { callbacks: [new ComplianceGuardHandler({ recorder })] });
process.stdout.write(
  sink.events
    .map(({ actor }) => actor?.type)
    .sort()
    .join(),
);
