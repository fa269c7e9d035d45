import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visibleJson, visibleText } from "../../src/core/visible-text.ts";

describe("what a reader would not see is shown by its code point", () => {
  test.each([
    ["an escape sequence", "\u001b[2J\u001b[1;1Hok", "⟨U+001B⟩[2J⟨U+001B⟩[1;1Hok"],
    ["a control of eight bits", "\u009b2J", "⟨U+009B⟩2J"],
    ["a carriage return that writes over the line", "pay 500\rpay 5  ", "pay 500⟨U+000D⟩pay 5  "],
    ["a backspace and a bell", "a\b\u0007", "a⟨U+0008⟩⟨U+0007⟩"],
    ["a bidirectional override", "admin\u202etxt.exe", "admin⟨U+202E⟩txt.exe"],
    ["a bidirectional isolate", "\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"],
    ["zero-width characters", "a\u200bb\u200cc\u200dd\ufeff", "a⟨U+200B⟩b⟨U+200C⟩c⟨U+200D⟩d⟨U+FEFF⟩"],
    ["a soft hyphen", "a\u00adb", "a⟨U+00AD⟩b"],
    ["tag characters", "ok\u{e0069}\u{e0067}", "ok⟨U+E0069⟩⟨U+E0067⟩"],
    ["variation selectors without an emoji", "a\ufe0f\u{e0100}", "a⟨U+FE0F⟩⟨U+E0100⟩"],
    ["fillers that draw nothing", "\u3164\u115f\u2800\u034f", "⟨U+3164⟩⟨U+115F⟩⟨U+2800⟩⟨U+034F⟩"],
    ["spaces that are not the plain one", "1\u00a0000\u2003x\u3000", "1⟨U+00A0⟩000⟨U+2003⟩x⟨U+3000⟩"],
    ["separators of lines and paragraphs", "a\u2028b\u2029", "a⟨U+2028⟩b⟨U+2029⟩"],
    ["lone surrogates", "\ud83d!\ude00", "⟨U+D83D⟩!⟨U+DE00⟩"],
    ["private and unassigned code points", "\ue000\u0378\uffff", "⟨U+E000⟩⟨U+0378⟩⟨U+FFFF⟩"],
    ["an imitated mark", "⟨U+202E⟩", "⟨U+27E8⟩U+202E⟨U+27E9⟩"],
  ])("%s", (_, text, visible) => {
    expect(visibleText(text)).toBe(visible);
  });

  test.each([
    ["plain text", "Refund 500 EUR to Ms Roe; it's 5 % (net)."],
    ["accents, composed or not", "é e\u0301 ñ Å"],
    ["other scripts", "Привет, Καλημέρα, 你好, こんにちは, مرحبا, שלום, नमस्ते"],
    ["emoji as Unicode recommends them", "✅ ⚠️ ❤️ 👩‍👩‍👧 👍🏽 1️⃣ 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
    ["lines and tabs", "a\n\tb\n"],
  ])("%s stays as it is", (_, text) => {
    expect(visibleText(text)).toBe(text);
  });

  test("a joiner after an emoji that makes no emoji is shown", () => {
    expect(visibleText("👍\u200dx❤️\ufe0f")).toBe("👍⟨U+200D⟩x❤️⟨U+FE0F⟩");
  });

  test("lines are shown too where the text must stay on one", () => {
    expect(visibleText("a\n\tb\r\n", { lines: "show" })).toBe("a⟨U+000A⟩⟨U+0009⟩b⟨U+000D⟩⟨U+000A⟩");
  });
});

describe("words of mixed scripts are flagged", () => {
  test.each([
    ["pаypal", "pаypal⟨Cyrillic+Latin⟩"],
    ["send to pаypal, now", "send to pаypal⟨Cyrillic+Latin⟩, now"],
    ["αdmin", "αdmin⟨Greek+Latin⟩"],
    ["аᎪα", "аᎪα⟨Cherokee+Cyrillic+Greek⟩"],
    ["p\u200bаy", "p⟨U+200B⟩аy⟨Cyrillic+Latin⟩"],
    ["user_аdmin2", "user_аdmin2⟨Cyrillic+Latin⟩"],
  ])("%s", (text, visible) => {
    expect(visibleText(text)).toBe(visible);
  });

  test.each(["Привет world", "Москва-Moscow", "5 µm", "東京tower", "Ελλάδα, Greece"])("%s is not", (text) => {
    expect(visibleText(text)).toBe(text);
  });
});

describe("JSON to look at", () => {
  test("is escaped where text would be marked, and reads back the same", () => {
    const value = { to: "pаy\u202e\u200b", note: "⟨ok⟩ 👩‍👩‍👧\u001b\u009b", tag: "\u{e0041}" };
    const json = visibleJson(value);
    expect(json).toBe('{"to":"pаy\\u202e\\u200b","note":"⟨ok⟩ 👩‍👩‍👧\\u001b\\u009b","tag":"\\udb40\\udc41"}');
    expect(JSON.parse(json)).toEqual(value);
  });

  test("may be indented", () => {
    expect(visibleJson({ a: [1] }, 2)).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  test("of nothing is null", () => {
    expect(visibleJson(undefined)).toBe("null");
  });
});

const anyText = fc.string({ unit: "binary" });

test("whatever the text, nothing unseen is left, and on one line there is no line", () => {
  const hazards = fc.array(
    fc.oneof(fc.constantFrom("\u202e", "\u001b", "\u200b", "\ud800", "\n", "👩‍👩‍👧", "а", "a", "⟨"), anyText),
  );
  const unseen = /[[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]--[\n\t]]/v;
  fc.assert(
    fc.property(hazards, (pieces) => {
      const text = pieces.join("");
      expect(visibleText(text)).not.toMatch(unseen);
      expect(visibleText(text, { lines: "show" })).not.toMatch(/[\n\t]/);
    }),
  );
});

test("whatever the value, JSON to look at reads back the same", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      expect(JSON.parse(visibleJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
