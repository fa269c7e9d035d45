// Asks an agent once, with a recorder as the README makes one, and exits the moment the answer is there. Run by a test.
import { HumanMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { createRecorder } from "complianceguard";
import { ComplianceGuardHandler } from "complianceguard/langchain";
import { createAgent } from "langchain";

const recorder = createRecorder({ systemId: "s", version: "1", decisionClassification: "not_classified" });
const callbacks = [new ComplianceGuardHandler({ recorder })];
const model = new FakeListChatModel({ responses: ["Yes."] });

await createAgent({ model, tools: [] }).invoke({ messages: [new HumanMessage("?")] }, { callbacks });
process.exit(0);
