// The same as exiting-process.ts, as CommonJS.
const { HumanMessage } = require("@langchain/core/messages");
const { FakeListChatModel } = require("@langchain/core/utils/testing");
const { createRecorder } = require("complianceguard");
const { ComplianceGuardHandler } = require("complianceguard/langchain");
const { createAgent } = require("langchain");

const recorder = createRecorder({ systemId: "s", version: "1", decisionClassification: "not_classified" });
const callbacks = [new ComplianceGuardHandler({ recorder })];
const model = new FakeListChatModel({ responses: ["Yes."] });

createAgent({ model, tools: [] })
  .invoke({ messages: [new HumanMessage("?")] }, { callbacks })
  .then(() => process.exit(0));
