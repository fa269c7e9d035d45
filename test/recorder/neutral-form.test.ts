import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  documentReferences,
  NeutralConversation,
  type NeutralMessage,
  type NeutralRole,
  type Piece,
  parsedToolInput,
  proposedCalls,
  retrievalInput,
  retrievalOutput,
  toolInput,
  toolOutput,
  valueComponent,
} from "../../src/recorder/neutral-form.ts";
import { captureComponent } from "../../src/recorder/total-capture.ts";

interface ChatMessage {
  readonly role: NeutralRole;
  readonly content: string | null | readonly ChatPart[];
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { name: string; arguments: string };
  }[];
  readonly tool_call_id?: string;
}

type ChatPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

interface Vector {
  readonly name: string;
  readonly conversation: readonly ChatMessage[];
  readonly answer: ChatMessage;
  readonly input: unknown;
  readonly output: unknown;
  readonly inputReference: string;
  readonly outputReference: string;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL("../vectors/capture.json", import.meta.url), "utf8"),
);

const referenceOf = (value: unknown): string => captureComponent(value).component.reference;
const textOf = (value: unknown): string =>
  Buffer.from(captureComponent(value).component.bytes).toString("utf8");
const plain = (value: unknown): unknown => JSON.parse(textOf(value));

const piecesOf = (message: ChatMessage): Piece[] => {
  if (message.role === "tool")
    return [{ type: "result", id: message.tool_call_id ?? "", result: message.content }];
  const parts =
    typeof message.content === "string"
      ? [{ type: "text", text: message.content } as const]
      : message.content;
  return [
    ...(parts ?? []).map((part): Piece => {
      return part.type === "text" ? part : { type: "link", uri: part.image_url.url };
    }),
    ...(message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }): Piece => {
      return { type: "call", id, name, arguments: args };
    }),
  ];
};

const conversationOf = (
  ...messages: readonly (readonly [NeutralRole, readonly Piece[]])[]
): NeutralConversation => {
  const conversation = new NeutralConversation();
  for (const [role, pieces] of messages) conversation.add(role, pieces);
  return conversation;
};

const partsOf = (...pieces: readonly Piece[]): unknown => conversationOf(["user", pieces]).messages[0]?.parts;

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const translate = (candidate: object): readonly NeutralMessage[] | undefined => {
  if (!("kind" in candidate) || !("texts" in candidate) || candidate.kind !== "message") return undefined;
  return (candidate.texts as string[]).map((text) => ({
    role: "user",
    parts: [{ type: "text", content: text }],
  }));
};
const message = (...texts: string[]): object => ({ kind: "message", texts });
const neutral = (content: string): NeutralMessage => ({ role: "user", parts: [{ type: "text", content }] });

test.each(vectors)("$name", ({ conversation, answer, input, output, inputReference, outputReference }) => {
  const asked = conversationOf(...conversation.map((message) => [message.role, piecesOf(message)] as const));
  const answered = conversationOf([answer.role, piecesOf(answer)]);
  expect(plain(asked.component())).toEqual(input);
  expect(plain(answered.component())).toEqual(output);
  expect(referenceOf(asked.component())).toBe(inputReference);
  expect(referenceOf(answered.component())).toBe(outputReference);
});

const someText = fc.string({ unit: fc.constantFrom("a", " ", "é", "\u{1f600}", '"') });

const callPiece = fc.record({
  type: fc.constant("call" as const),
  id: fc.string(),
  name: fc.constantFrom("score", "lookup"),
  arguments: fc.oneof(fc.json(), fc.string(), fc.dictionary(fc.string(), fc.integer())),
});
const filePiece = fc.record({
  type: fc.constant("file" as const),
  mimeType: fc.constantFrom(undefined, "image/png", "audio/wav"),
  data: fc.uint8Array({ maxLength: 20 }),
});
const textPiece = fc.record({ type: fc.constant("text" as const), text: someText });
const resultPiece = fc.record({ type: fc.constant("result" as const), id: fc.string(), result: fc.json() });
const anyPiece: fc.Arbitrary<Piece> = fc.oneof(textPiece, callPiece, filePiece, resultPiece);
const roles: readonly NeutralRole[] = ["system", "user", "assistant", "tool"];

test("pieces of different kinds may come in any order", () => {
  const kindOf = ({ type }: Piece): number => ["text", "file", "call", "result"].indexOf(type);
  fc.assert(
    fc.property(fc.constantFrom(...roles), fc.array(anyPiece), (role, pieces) => {
      const sorted = pieces.toSorted((left, right) => kindOf(left) - kindOf(right));
      const mixed = pieces.toSorted((left, right) => kindOf(right) - kindOf(left));
      const [asShown, asSorted, asMixed] = [pieces, sorted, mixed].map((order) =>
        textOf(conversationOf([role, order]).component()),
      );
      expect(asSorted).toBe(asShown);
      expect(asMixed).toBe(asShown);
    }),
  );
});

test("whatever a framework passes for arguments and results is captured", () => {
  const hostile = fc.oneof(fc.anything({ withBigInt: true, withMap: true, withTypedArray: true }), fc.json());
  fc.assert(
    fc.property(hostile, (content) => {
      const call: Piece = { type: "call", id: "1", name: "score", arguments: content };
      const result: Piece = { type: "result", id: "1", result: content };
      const captured = plain(conversationOf(["assistant", [call, result]]).component());
      expect(captured).toMatchObject({
        messages: [{ parts: [{ type: "tool_call" }] }, { parts: [{ type: "tool_call_response" }] }],
      });
      expect(plain(toolInput("score", content))).toHaveProperty("arguments");
      expect(plain(toolOutput(content))).toHaveProperty("result");
      expect(plain(valueComponent(content, translate))).toBeTypeOf("object");
    }),
  );
});

test("text may be cut anywhere, also inside an emoji", () => {
  fc.assert(
    fc.property(someText, fc.array(fc.nat()), (text, cuts) => {
      const places = [
        0,
        ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b),
        text.length,
      ];
      const pieces = places.map((place, index): Piece => {
        return { type: "text", text: text.slice(places[index - 1] ?? 0, place) };
      });
      expect(textOf(partsOf(...pieces))).toBe(textOf(partsOf({ type: "text", text })));
    }),
  );
});

test("results in one message of the framework or in several are the same conversation", () => {
  fc.assert(
    fc.property(fc.array(resultPiece), (results) => {
      const together = conversationOf(["tool", results]);
      const apart = conversationOf(...results.map((result) => ["tool", [result]] as const));
      expect(textOf(together.component())).toBe(textOf(apart.component()));
    }),
  );
});

test("a tool message without results is no message, any other empty message is one", () => {
  const conversation = conversationOf(
    ["tool", []],
    ["system", []],
    ["user", [{ type: "text", text: "" }]],
    ["assistant", []],
  );
  expect(conversation.messages).toEqual([
    { role: "system", parts: [] },
    { role: "user", parts: [] },
    { role: "assistant", parts: [] },
  ]);
});

test("results stand before the text of the user who brings them and after the calls of the assistant", () => {
  const result: Piece = { type: "result", id: "1", result: "ok" };
  const answer = { role: "tool", parts: [{ type: "tool_call_response", id: "1", response: "ok" }] };
  expect(conversationOf(["user", [{ type: "text", text: "Go on" }, result]]).messages).toEqual([
    answer,
    { role: "user", parts: [{ type: "text", content: "Go on" }] },
  ]);
  expect(conversationOf(["assistant", [result, { type: "text", text: "Done" }]]).messages).toEqual([
    { role: "assistant", parts: [{ type: "text", content: "Done" }] },
    answer,
  ]);
  expect(conversationOf(["user", [result]]).messages).toEqual([answer]);
});

test("a call with an empty name is dropped and counted", () => {
  const conversation = conversationOf(
    ["assistant", [{ type: "call", id: "1", name: "", arguments: "{}" }]],
    [
      "assistant",
      [
        { type: "text_call", id: "2", name: "", input: "x" },
        { type: "call", id: "3", name: "score", arguments: "{}" },
      ],
    ],
  );
  expect(conversation.droppedCalls).toBe(2);
  expect(conversation.messages).toEqual([
    { role: "assistant", parts: [] },
    { role: "assistant", parts: [{ type: "tool_call", id: "3", name: "score", arguments: {} }] },
  ]);
});

test("calls with plain text and with JSON keep their order", () => {
  expect(
    partsOf(
      { type: "text_call", id: "1", name: "patch", input: ' {"a": 1}' },
      { type: "call", id: "2", name: "score", arguments: ' {"a": 1}' },
    ),
  ).toEqual([
    { type: "tool_call", id: "1", name: "patch", arguments: ' {"a": 1}' },
    { type: "tool_call", id: "2", name: "score", arguments: { a: 1 } },
  ]);
});

test.each([
  ["", {}],
  [" \n\t", {}],
  [undefined, {}],
  ["null", null],
  ["7", 7],
  ['"text"', "text"],
  ["{'a': 1}", "{'a': 1}"],
  ["{} {}", "{} {}"],
  [{ a: [1] }, { a: [1] }],
  [null, null],
])("the arguments %j of a call are recorded as %j", (args, expected) => {
  expect(partsOf({ type: "call", id: "1", name: "score", arguments: args })).toEqual([
    { type: "tool_call", id: "1", name: "score", arguments: expected },
  ]);
  expect(toolInput("score", args)).toEqual({ name: "score", arguments: expected });
});

test.each([
  ["", ""],
  ["{}", {}],
  ["\n [1, 2]", [1, 2]],
  ["{]", "{]"],
  ["true", "true"],
  ["7", "7"],
  ['"text"', '"text"'],
  [7, "7"],
  [true, "true"],
  [null, "null"],
  [undefined, ""],
  [{ a: 1 }, { a: 1 }],
])("the result %j of a tool is recorded as %j", (result, expected) => {
  expect(toolOutput(result)).toEqual({ result: expected });
  expect(conversationOf(["tool", [{ type: "result", id: "1", result }]]).messages).toEqual([
    { role: "tool", parts: [{ type: "tool_call_response", id: "1", response: expected }] },
  ]);
});

test("a key named __proto__ in arguments is recorded", () => {
  expect(textOf(toolInput("score", '{"__proto__": {"toJSON": 1}}'))).toBe(
    '{"arguments":{"__proto__":{"toJSON":1}},"name":"score"}',
  );
});

test("arguments nested 100,000 deep are recorded in full", () => {
  const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const text = textOf(toolInput("score", nested));
  expect(text.match(/\[/g)).toHaveLength(100_000);
});

const image = Buffer.from("89504e470d0a1a0a00ff3e3f", "hex");
const imagePart = { type: "blob", mime_type: "image/png", sha256: sha256(image), size_bytes: 12 };

test.each<[string, Piece]>([
  ["bytes", { type: "file", mimeType: "image/png", data: new Uint8Array(image) }],
  ["base64", { type: "file", mimeType: "image/png", data: image.toString("base64") }],
  ["base64 in the URL alphabet", { type: "file", mimeType: "image/png", data: image.toString("base64url") }],
  ["base64 in lines", { type: "file", mimeType: "image/png", data: "iVBORw0K\r\nGgoA/z4/\n" }],
  ["a data: URI as data", { type: "file", data: `data:image/png;base64,${image.toString("base64")}` }],
  ["a data: URI as link", { type: "link", uri: `DATA:Image/PNG;BASE64,${image.toString("base64")}` }],
  ["a data: URI in percent form", { type: "link", uri: "data:image/png,%89PNG%0D%0A%1a%0a%00%ff>?" }],
  [
    "a data: URI whose base64 is in percent form",
    { type: "link", uri: "data:image/png;base64,iVBORw0KGgoA%2Fz4%2F" },
  ],
  ["an image declared as another", { type: "file", mimeType: "image/jpeg", data: image }],
  ["an image declared by its family", { type: "file", mimeType: "image/*", data: image }],
  ["an image declared by nobody", { type: "file", data: image }],
])("one image is one blob: %s", (_, piece) => {
  expect(partsOf(piece)).toEqual([imagePart]);
});

test.each([
  ["474946383961", "image/gif"],
  ["474946383761", "image/gif"],
  ["ffd8ffe0", "image/jpeg"],
  ["524946460000000057454250", "image/webp"],
  ["424d0000000000000000", "image/bmp"],
  ["49492a00", "image/tiff"],
  ["4d4d002a", "image/tiff"],
  ["000000206674797061766966", "image/avif"],
  ["000000206674797068656963", "image/heic"],
  ["524946460000000057415645", "audio/wav"],
])("the bytes %s are recorded as %s", (hex, mimeType) => {
  expect(partsOf({ type: "file", mimeType: "audio/wav", data: Buffer.from(hex, "hex") })).toMatchObject([
    { mime_type: mimeType },
  ]);
});

test.each([
  [undefined, "application/octet-stream"],
  ["", "application/octet-stream"],
  ["Text/Plain; charset=utf-8", "text/plain"],
])("a file declared as %j is recorded as %s", (mimeType, expected) => {
  expect(partsOf({ type: "file", mimeType, data: "aGk=" })).toEqual([
    { type: "blob", mime_type: expected, sha256: sha256("hi"), size_bytes: 2 },
  ]);
});

test("file data that is no base64 counts as the bytes of its text", () => {
  expect(partsOf({ type: "file", mimeType: "text/plain", data: "Grüße?" })).toMatchObject([
    { sha256: sha256("Grüße?"), size_bytes: 8 },
  ]);
  expect(partsOf({ type: "file", mimeType: "text/plain", data: "abcde" })).toMatchObject([
    { sha256: sha256("abcde") },
  ]);
});

test("a data: URI names its own type before the one beside it", () => {
  const [typed, untyped] = ["data:text/csv;header=present;base64,YQ==", "data:;base64,YQ=="];
  expect(
    partsOf(
      { type: "link", mimeType: "text/plain", uri: typed },
      { type: "file", mimeType: "text/plain", data: typed },
      { type: "link", mimeType: "text/markdown", uri: untyped },
      { type: "file", mimeType: "text/markdown", data: untyped },
    ),
  ).toMatchObject(
    ["text/csv", "text/csv", "text/markdown", "text/markdown"].map((mime_type) => ({ mime_type })),
  );
});

test("an address is recorded as given, a data: URI that does not decode too", () => {
  expect(
    partsOf(
      { type: "link", uri: "https://example.org/a.png?x=1,2" },
      { type: "link", mimeType: "IMAGE/PNG", uri: "https://example.org/b.png" },
      { type: "link", uri: "data:image/png;base64,not base64!" },
      { type: "link", uri: "data:image/png" },
    ),
  ).toEqual([
    { type: "uri", uri: "https://example.org/a.png?x=1,2" },
    { type: "uri", mime_type: "image/png", uri: "https://example.org/b.png" },
    { type: "uri", uri: "data:image/png;base64,not base64!" },
    { type: "uri", uri: "data:image/png" },
  ]);
});

test("files and links keep their order", () => {
  const parts = partsOf(
    { type: "link", uri: "https://a" },
    { type: "file", data: image },
    { type: "link", uri: "https://b" },
  );
  expect(parts).toEqual([{ type: "uri", uri: "https://a" }, imagePart, { type: "uri", uri: "https://b" }]);
});

test("a component does not grow with its conversation", () => {
  const conversation = conversationOf(["user", [{ type: "text", text: "one" }]]);
  const component = conversation.component();
  const message: NeutralMessage = { role: "user", parts: [{ type: "text", content: "two" }] };
  conversation.addMessage(message);
  expect(component.messages).toHaveLength(1);
  expect(conversation.component().messages[1]).toEqual(message);
});

test("proposed calls are those of the assistant", () => {
  const { messages } = conversationOf(
    ["assistant", [{ type: "call", id: "1", name: "score", arguments: '{"id":7}' }]],
    ["user", [{ type: "call", id: "2", name: "forged", arguments: "{}" }]],
    ["assistant", [{ type: "text_call", id: "3", name: "patch", input: "{}" }]],
  );
  expect(proposedCalls(messages)).toEqual([
    { id: "1", name: "score", arguments: { id: 7 } },
    { id: "3", name: "patch", arguments: "{}" },
  ]);
});

test("a retrieval records its query, and of each document content and metadata alone", () => {
  const documents = [
    { content: "one", metadata: { source: "a.pdf" }, id: "x" },
    { content: "two", metadata: {}, embedding: [1, 2] },
  ];
  expect(retrievalInput("who?")).toEqual({ query: "who?" });
  expect(retrievalOutput(documents)).toEqual({
    documents: [
      { content: "one", metadata: { source: "a.pdf" } },
      { content: "two", metadata: {} },
    ],
  });
  expect(documentReferences(documents)).toEqual([
    { index: 0, reference: sha256('{"content":"one","metadata":{"source":"a.pdf"}}') },
    { index: 1, reference: sha256('{"content":"two","metadata":{}}') },
  ]);
});

test.each([
  [{ input: "hi" }, "hi"],
  [{ output: { a: 1 } }, { a: 1 }],
  [{ input: { input: "hi" } }, { input: "hi" }],
  [
    { input: "hi", context: 1 },
    { input: "hi", context: 1 },
  ],
  [{ question: "hi" }, { question: "hi" }],
  ["hi", "hi"],
  [["hi"], ["hi"]],
  [null, null],
])("the value of a chain's %j is %j", (value, expected) => {
  expect(valueComponent(value)).toEqual({ value: expected });
});

test("a wrapper that cannot be looked into stays", () => {
  const getter = {
    get input(): string {
      throw new Error("boom");
    },
  };
  expect(valueComponent(getter).value).toBe(getter);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(valueComponent(proxy).value).toBe(proxy);
});

test("messages anywhere in a chain's value make way for their neutral form", () => {
  const value = {
    messages: [message("a"), message("b", "c"), message(), "d"],
    last: message("e"),
    both: message("f", "g"),
    none: message(),
    state: { toJSON: () => ({ inner: [message("h")] }) },
  };
  expect(plain(valueComponent(value, translate))).toEqual({
    value: {
      messages: [neutral("a"), neutral("b"), neutral("c"), "d"],
      last: neutral("e"),
      both: [neutral("f"), neutral("g")],
      none: [],
      state: { inner: [neutral("h")] },
    },
  });
  expect(plain(valueComponent(message("a"), translate))).toEqual({ value: neutral("a") });
  expect(plain(valueComponent({ input: message("a", "b") }, translate))).toEqual({
    value: [neutral("a"), neutral("b")],
  });
});

test("messages in a list stand as deep as its other items", () => {
  const listed = (depth: number): unknown => {
    let value: unknown = [message("a", "b")];
    for (let level = 1; level < depth; level += 1) value = [value];
    return valueComponent(value, translate);
  };
  // The list, each message, its parts and each part are levels, and so is the component.
  expect(captureComponent(listed(196)).repairs).toBe(0);
  expect(captureComponent(listed(197)).repairs).toBe(2);
});

test("what a message carries is not translated again", () => {
  const carried = message("x");
  const carrier = { kind: "carrier" };
  const once = (candidate: object) =>
    candidate === carrier ? [{ role: "tool", parts: [{ response: carried }] }] : translate(candidate);
  expect(plain(valueComponent([carrier], once))).toEqual({
    value: [{ role: "tool", parts: [{ response: carried }] }],
  });
});

test("a translator that throws leaves the value as it is, counted", () => {
  const broken = (): never => {
    throw new Error("boom");
  };
  const { component, repairs } = captureComponent(valueComponent({ a: 1 }, broken));
  expect(Buffer.from(component.bytes).toString()).toBe('{"value":{"a":1}}');
  expect(repairs).toBe(1);
});

test("arguments that a framework has parsed are not parsed again", () => {
  for (const args of ["", '{"id":7}', { id: 7 }, null, 7]) {
    expect(parsedToolInput("score", args)).toEqual({ name: "score", arguments: args });
  }
  expect(parsedToolInput("score", undefined)).toEqual({ name: "score", arguments: {} });
});
