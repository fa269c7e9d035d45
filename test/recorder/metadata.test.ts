import { expect, test } from "vitest";
import { MetadataDraft } from "../../src/recorder/metadata.ts";

const shown = (draft: MetadataDraft): unknown => JSON.parse(draft.component('{"eventId":"1"}').text);

const envelope = (repairs: number): unknown => ({ capture: 1, event: { eventId: "1" }, form: 1, repairs });

test("a later member replaces an earlier one of its name, and what was given may change afterwards", () => {
  const draft = new MetadataDraft();
  const tags = ["prod"];
  draft.add({ tags, run: 1 });
  tags.push("changed");
  draft.add({ run: 2 });
  expect(shown(draft)).toEqual({ tags: ["prod"], run: 2, complianceguard: envelope(0) });
});

test("members whose names can only be repaired are kept apart from every other", () => {
  const draft = new MetadataDraft();
  draft.add({ "\ud800": 1, "\udfff": 2, "\ufffd": 3 });
  expect(shown(draft)).toEqual({ "\ufffd2": 1, "\ufffd3": 2, "\ufffd": 3, complianceguard: envelope(2) });
});

test("members that cannot be looked at are unreadable, and counted", () => {
  const draft = new MetadataDraft();
  const ownKeys = (): never => {
    throw new Error("secret");
  };
  draft.add(new Proxy({}, { ownKeys }));
  expect(shown(draft)).toEqual({ unrepresentable: "unreadable", complianceguard: envelope(1) });
});

test("a copy grows without what it was made of", () => {
  const draft = new MetadataDraft();
  draft.add({ a: 1 });
  const copy = draft.copy();
  copy.add({ b: 2 });
  expect([shown(draft), shown(copy)]).toEqual([
    { a: 1, complianceguard: envelope(0) },
    { a: 1, b: 2, complianceguard: envelope(0) },
  ]);
});

test("no member takes the place of the envelope, and one may be named as an object's prototype", () => {
  const draft = new MetadataDraft();
  draft.add(JSON.parse('{"complianceguard":"mine","__proto__":"kept"}'));
  const { text } = draft.component('{"eventId":"1"}');
  expect(text).toBe(
    '{"__proto__":"kept","complianceguard":{"capture":1,"event":{"eventId":"1"},"form":1,"repairs":0}}',
  );
});
