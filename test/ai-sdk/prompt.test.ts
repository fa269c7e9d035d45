import { describe, expect, test } from "vitest";
import { answeredToolCallIds, readPrompt } from "../../src/ai-sdk/prompt.ts";
import { captureComponent } from "../../src/recorder/total-capture.ts";
import { type ChatMessage, captureVectors, fileOfDataUri } from "../support/capture-vectors.ts";

describe("the conversations of the vectors", () => {
  test.each(captureVectors())("$name", ({ conversation, input, inputReference }) => {
    const reading = readPrompt(conversation.map(promptMessage));
    expect(captured(reading.input).value).toEqual(input);
    expect(captured(reading.input).reference).toBe(inputReference);
  });
});

describe("files", () => {
  const bytes = Uint8Array.from([1, 2, 3]);
  const blob = {
    type: "blob",
    mime_type: "application/pdf",
    sha256: "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",
    size_bytes: 3,
  };
  const uri = { type: "uri", mime_type: "application/pdf", uri: "https://example.test/cv.pdf" };

  test.each([
    ["bytes", bytes, blob],
    ["base64", "AQID", blob],
    ["a data: URI", "data:application/pdf;base64,AQID", blob],
    ["a URL object", new URL("https://example.test/cv.pdf"), uri],
    ["a URL as text", "https://example.test/cv.pdf", uri],
    ["a URL object with a data: URI", new URL("data:application/pdf;base64,AQID"), blob],
    ["tagged bytes", { type: "data", data: bytes }, blob],
    ["tagged base64", { type: "data", data: "AQID" }, blob],
    ["a tagged URL", { type: "url", url: new URL("https://example.test/cv.pdf") }, uri],
    [
      "a tagged URL that would not survive parsing",
      { type: "url", url: new URL("gs:b"), originalUrl: "GS:b" },
      { ...uri, uri: "GS:b" },
    ],
    [
      "tagged text that looks like base64",
      { type: "text", text: "AQID" },
      { ...blob, sha256: sha256OfText, size_bytes: 4 },
    ],
    [
      "several providers' ids",
      { type: "reference", reference: { openai: "file-1", google: "files/2" } },
      { ...uri, uri: "file-1 files/2" },
    ],
    [
      "a provider's own id",
      { type: "reference", reference: { openai: "file-1" } },
      { ...uri, uri: "file-1" },
    ],
  ])("%s is the blob of its bytes or the link it is", (_, data, part) => {
    const { input } = readPrompt([
      { role: "user", content: [{ type: "file", mediaType: "application/pdf", data }] },
    ]);
    expect(input.messages).toEqual([{ role: "user", parts: [part] }]);
  });

  test("a file with nothing in it is no part", () => {
    const { input } = readPrompt([{ role: "user", content: [{ type: "file", mediaType: "image/png" }] }]);
    expect(input.messages).toEqual([{ role: "user", parts: [] }]);
  });
});

describe("results of tools", () => {
  test.each([
    ["text", { type: "text", value: "true" }, "true"],
    ["text that is a JSON object", { type: "text", value: '{"a": 1}' }, { a: 1 }],
    ["an error's text", { type: "error-text", value: "no such applicant" }, "no such applicant"],
    ["a value", { type: "json", value: { a: [1] } }, { a: [1] }],
    ["a number, which others show as text", { type: "json", value: 42 }, "42"],
    ["a string, which stays one", { type: "json", value: '{"a": 1}' }, '{"a": 1}'],
    ["an error's value", { type: "error-json", value: { code: 7 } }, { code: 7 }],
    ["a denial with its reason", { type: "execution-denied", reason: "over the cap" }, "over the cap"],
    ["a denial without one", { type: "execution-denied" }, "Tool call execution denied."],
    [
      "texts",
      {
        type: "content",
        value: [
          { type: "text", text: '{"a"' },
          { type: "text", text: ":1}" },
        ],
      },
      { a: 1 },
    ],
  ])("%s", (_, output, response) => {
    const { input } = readPrompt([toolMessage({ toolCallId: "call_1", output })]);
    expect(captured(input).value).toEqual({
      messages: [{ role: "tool", parts: [responsePart("call_1", response)] }],
    });
  });

  test("several in one message become one message each, files right after their own", () => {
    const shot = { type: "media", mediaType: "image/gif", data: "AQID" };
    const first = {
      toolCallId: "call_1",
      output: { type: "content", value: [{ type: "text", text: "done" }, shot] },
    };
    const second = { toolCallId: "call_2", output: { type: "text", value: "" } };
    const prompt = [toolMessage(first, second)];
    expect(readPrompt(prompt).input.messages).toMatchObject([
      { role: "tool", parts: [responsePart("call_1", "done")] },
      { role: "tool", parts: [{ type: "blob", mime_type: "image/gif", size_bytes: 3 }] },
      { role: "tool", parts: [responsePart("call_2", "")] },
    ]);
    expect(answeredToolCallIds(prompt)).toEqual(["call_1", "call_2"]);
  });

  test.each([
    [
      "a file's address",
      { type: "file-url", url: "https://example.test/a.png" },
      { type: "uri", uri: "https://example.test/a.png" },
    ],
    ["a file's id", { type: "image-file-id", fileId: "file-1" }, { type: "uri", uri: "file-1" }],
    [
      "a file's id with each provider",
      { type: "file-id", fileId: { openai: "file-1" } },
      { type: "uri", uri: "file-1" },
    ],
    [
      "a file's bytes",
      { type: "image-data", mediaType: "image/gif", data: "AQID" },
      { type: "blob", size_bytes: 3 },
    ],
  ])("%s in a result of ai 6 follows it", (_, item, part) => {
    const output = { type: "content", value: [item] };
    const { input } = readPrompt([toolMessage({ toolCallId: "call_1", output })]);
    expect(input.messages).toMatchObject([
      { parts: [responsePart("call_1", "")] },
      { role: "tool", parts: [part] },
    ]);
  });

  test("one in an answer is the provider's own, also where its call is not in the prompt", () => {
    const result = {
      type: "tool-result",
      toolCallId: "ws_1",
      toolName: "search",
      output: { type: "text", value: "x" },
    };
    const { input, asides } = readPrompt([{ role: "assistant", content: [result] }]);
    expect(input.messages).toEqual([{ role: "assistant", parts: [] }]);
    expect(asides["provider_calls"]).toEqual([
      { id: "ws_1", name: "search", result: { type: "text", value: "x" } },
    ]);
  });

  test("errors and denials are told apart in the metadata", () => {
    const { asides } = readPrompt([
      toolMessage(
        { toolCallId: "a", output: { type: "error-text", value: "x" } },
        { toolCallId: "b", output: { type: "text", value: "x" } },
        { toolCallId: "c", output: { type: "execution-denied" } },
      ),
    ]);
    expect(asides).toEqual({
      unsuccessful_results: [
        { id: "a", type: "error-text" },
        { id: "c", type: "execution-denied" },
      ],
    });
  });
});

test("calls show their input as it was proposed: parsed, or the text it was", () => {
  const call = (toolCallId: string, input: unknown) => ({
    type: "tool-call",
    toolCallId,
    toolName: "run",
    input,
  });
  const content = [call("1", { a: 1 }), call("2", "select 1"), call("3", "123"), call("4", undefined)];
  const { input } = readPrompt([{ role: "assistant", content: [...content, { type: "text", text: "So:" }] }]);
  expect(input.messages).toEqual([
    {
      role: "assistant",
      parts: [
        { type: "text", content: "So:" },
        { type: "tool_call", id: "1", name: "run", arguments: { a: 1 } },
        { type: "tool_call", id: "2", name: "run", arguments: "select 1" },
        { type: "tool_call", id: "3", name: "run", arguments: "123" },
        { type: "tool_call", id: "4", name: "run", arguments: {} },
      ],
    },
  ]);
});

test("reasoning, approvals and what the provider ran itself go to the metadata", () => {
  const search = { toolCallId: "ws_1", toolName: "web_search" };
  const { input, asides } = readPrompt([
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "Look it up.", providerOptions: { openai: { encrypted: "x" } } },
        { type: "tool-call", ...search, input: { query: "q" }, providerExecuted: true },
        { type: "tool-result", ...search, output: { type: "json", value: ["hit"] } },
        { type: "reasoning-file", mediaType: "image/gif", data: { type: "data", data: "AQID" } },
        { type: "custom", kind: "openai.compaction" },
        { type: "text", text: "Found." },
      ],
    },
    {
      role: "tool",
      content: [
        { type: "tool-approval-response", approvalId: "ap_1", approved: false, reason: "no" },
        { type: "tool-result", ...search, output: { type: "json", value: ["later hit"] } },
      ],
    },
  ]);
  expect(input.messages).toEqual([{ role: "assistant", parts: [{ type: "text", content: "Found." }] }]);
  expect(asides).toEqual({
    reasoning: ["Look it up."],
    reasoning_files: [{ type: "blob", mime_type: "image/gif", sha256: expect.any(String), size_bytes: 3 }],
    provider_calls: [
      {
        id: "ws_1",
        name: "web_search",
        input: { query: "q" },
        result: { type: "json", value: ["later hit"] },
      },
    ],
    approvals: [{ type: "tool-approval-response", approvalId: "ap_1", approved: false, reason: "no" }],
    other_blocks: ["openai.compaction"],
  });
});

describe("what no version of the framework makes", () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no");
      },
    },
  );
  test.each([
    ["no prompt", undefined, []],
    ["a text", "hi", []],
    ["null messages", [null], [{ role: "user", parts: [] }]],
    ["a hostile message", [hostile], [{ role: "user", parts: [] }]],
    [
      "hostile parts",
      [{ role: "assistant", content: [hostile, null, 7] }],
      [{ role: "assistant", parts: [] }],
    ],
    [
      "an unknown role",
      [{ role: "developer", content: "hi" }],
      [{ role: "user", parts: [{ type: "text", content: "hi" }] }],
    ],
    [
      "text for parts",
      [{ role: "user", content: "hi" }],
      [{ role: "user", parts: [{ type: "text", content: "hi" }] }],
    ],
  ])("%s is read as far as it goes", (_, prompt, messages) => {
    expect(readPrompt(prompt).input.messages).toEqual(messages);
    expect(answeredToolCallIds(prompt)).toEqual([]);
  });
});

const sha256OfText = "b70035bb783a47bf61ac3ff70b005308e167ee984365690e638c1481b8ca2936";

function captured(component: unknown): { value: unknown; reference: string } {
  const { bytes, reference } = captureComponent(component).component;
  return { value: JSON.parse(Buffer.from(bytes).toString()), reference };
}

function toolMessage(...results: readonly object[]): object {
  return {
    role: "tool",
    content: results.map((result) => ({ type: "tool-result", toolName: "run", ...result })),
  };
}

function responsePart(id: string, response: unknown): object {
  return { type: "tool_call_response", id, response };
}

/** A chat message as the framework shows it to a model. */
function promptMessage(message: ChatMessage): object {
  switch (message.role) {
    case "system":
      return message;
    case "user":
      return { role: "user", content: userParts(message.content) };
    case "assistant":
      return { role: "assistant", content: assistantParts(message) };
    case "tool":
      return toolMessage({
        toolCallId: message.tool_call_id,
        output: { type: "text", value: message.content },
      });
  }
}

function userParts(content: ChatMessage["content"]): object[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return (content ?? []).map((part) =>
    part.type === "text" ? part : { type: "file", ...fileOfDataUri(part.image_url?.url ?? "") },
  );
}

function assistantParts({ content, tool_calls: calls = [] }: ChatMessage): object[] {
  const texts = typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];
  return [
    ...texts,
    ...calls.map(({ id, function: { name, arguments: input } }) => ({
      type: "tool-call",
      toolCallId: id,
      toolName: name,
      input: JSON.parse(input),
    })),
  ];
}
