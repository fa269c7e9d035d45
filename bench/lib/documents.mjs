// The documents that are measured. Random, but the same on every run.

let seed = 42;
function random() {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

const PLAIN_WORDS =
  "the model returned a compliance decision for applicant after reviewing credit history and policy section including known exceptions";
const MIXED_WORDS =
  'the model returned a compliance decision for applicant after reviewing credit history and "policy" section 4.2\n including known exceptions, see https://example.com/a?b=c für Größe naïve 数据 🙂';

function textOf(words, length) {
  const choices = words.split(" ");
  let text = "";
  while (text.length < length) text += `${choices[Math.floor(random() * choices.length)]} `;
  return text.slice(0, length).toWellFormed();
}

/** English without anything to escape. */
export const plainText = (length) => textOf(PLAIN_WORDS, length);
/** Text as people write it: quotes, line breaks, umlauts, Chinese, emoji. */
export const mixedText = (length) => textOf(MIXED_WORDS, length);

const id = () => Math.floor(random() * 1e12).toString(36);

const MESSAGES = [
  (length) => ({ role: "user", content: mixedText(length) }),
  () => ({
    role: "assistant",
    content: "",
    tool_calls: [
      {
        id: `call_${id()}`,
        type: "function",
        function: {
          name: "lookup_applicant",
          arguments: JSON.stringify({ applicantId: id(), fields: ["income", "score"], limit: 10 }),
        },
      },
    ],
    usage_metadata: {
      output_tokens: 34,
      input_tokens: 512,
      total_tokens: 546,
      input_token_details: { cache_read: 0 },
    },
  }),
  () => ({
    role: "tool",
    tool_call_id: `call_${id()}`,
    content: JSON.stringify({
      rows: Array.from({ length: 8 }, (_, row) => ({ id: id(), score: random() * 900, ok: row % 2 === 0 })),
    }),
  }),
  (length) => ({
    role: "assistant",
    content: [{ type: "text", text: mixedText(length) }],
    response_metadata: { model: "gpt-x-large", finish_reason: "stop", system_fingerprint: id() },
  }),
];

/** A chat with tool calls. */
export function transcript(messageCount, textLength) {
  return {
    model: "gpt-x-large",
    messages: Array.from({ length: messageCount }, (_, index) => MESSAGES[index % 4](textLength)),
    temperature: 0.2,
    max_tokens: 1024,
    metadata: { userId: id(), sessionId: id(), tags: ["prod", "eu"], createdAt: "2026-11-22T00:00:00Z" },
  };
}

function leaf() {
  const choice = random();
  if (choice < 0.4) return plainText(24);
  if (choice < 0.7) return Math.floor(random() * 1e6);
  if (choice < 0.85) return random() * 1000;
  return choice < 0.95 ? true : null;
}

/** An object of objects in which hardly a key comes twice. */
function withDistinctKeys(depth) {
  if (depth <= 0) return leaf();
  const members = Array.from({ length: 6 }, () => [
    `k${id().slice(0, 6)}`,
    withDistinctKeys(depth - 1 - (random() < 0.15 ? 1 : 0)),
  ]);
  return Object.fromEntries(members);
}

function distinctKeys(length) {
  const items = [];
  for (let size = 0; size < length; ) {
    const item = withDistinctKeys(4);
    items.push(item);
    size += JSON.stringify(item).length;
  }
  return { items };
}

function repeatedKeys(count) {
  return Array.from({ length: count }, (_, index) => ({
    name: `applicant ${id()}`,
    id: index,
    score: random() * 900,
    accepted: index % 2 === 0,
    role: "user",
    tags: ["prod", "eu"],
  }));
}

export const small = { prompt: plainText(90), answer: plainText(80) };
export const chat = transcript(20, 700);
export const records = repeatedKeys(200);
export const longText = { text: plainText(1_000_000) };
export const manyKeys = distinctKeys(1_000_000);

/** The three components of one event, 20 KB together. */
export const event = {
  input: transcript(24, 900),
  output: { role: "assistant", content: plainText(2000) },
  metadata: {
    model: "x",
    provider: "y",
    latencyMs: 12,
    tags: ["a", "b"],
    runId: "019a0000-0000-7000-8000-000000000001",
  },
};
