import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBaseUrl } from "../../src/client/base-url.ts";

test.each([
  ["https://api.example.com", "https://api.example.com", ""],
  ["https://api.example.com/", "https://api.example.com", ""],
  ["https://api.example.com/guard///", "https://api.example.com", "/guard"],
  ["HTTPS://API.example.com:8443/a/b/", "https://api.example.com:8443", "/a/b"],
  ["https://api.example.com/a@b", "https://api.example.com", "/a@b"],
  ["http://localhost", "http://localhost", ""],
  ["http://localhost:5214/", "http://localhost:5214", ""],
  ["http://LocalHost:5214", "http://localhost:5214", ""],
  ["http://127.0.0.1:5214", "http://127.0.0.1:5214", ""],
  ["http://127.255.3.4", "http://127.255.3.4", ""],
  ["http://[::1]:5214", "http://[::1]:5214", ""],
  ["http://[0:0:0:0:0:0:0:1]", "http://[::1]", ""],
])("%s is accepted, without slashes at its end", (text, origin, pathPrefix) => {
  expect(parseBaseUrl(text)).toEqual({ origin, pathPrefix });
});

test.each(["http://2130706433", "http://0x7f.1", "http://0177.0.0.1", "http://127.1"])(
  "%s is reached at the address the URL standard reads in it, 127.0.0.1",
  (text) => {
    expect(parseBaseUrl(text)).toEqual({ origin: "http://127.0.0.1", pathPrefix: "" });
  },
);

test.each([
  "",
  " ",
  "api.example.com",
  "//api.example.com",
  "https://",
  "https:// api.example.com",
  " https://api.example.com",
  "https://api.example.com\n",
  "https://api.exa\tmple.com",
  "https:\\\\api.example.com",
  "ftp://api.example.com",
  "ws://localhost",
  "javascript:alert(1)",
  "file:///etc/passwd",
  "http://api.example.com",
  "http://127.0.0.1.evil.com",
  "http://127.evil.com",
  "http://localhost.evil.com",
  "http://localhost@evil.com",
  "http://127.0.0.1:80@evil.com",
  "http://localhost.",
  "http://sub.localhost",
  "http://[::ffff:127.0.0.1]",
  "http://[::]",
  "http://0.0.0.0",
  "http://128.0.0.1",
  "http://1.127.0.0",
  "http://2147483648",
  "http://192.168.0.1",
  "https://user:hunter2@api.example.com",
  "https://hunter2@api.example.com",
  "https://@api.example.com",
  "https://:@api.example.com",
  "https://api.example.com?key=hunter2",
  "https://api.example.com?",
  "https://api.example.com/#",
  "https://api.example.com/#hunter2",
])("%j is refused, and the error does not show a password", (text) => {
  const error = errorOf(text);
  expect(error).toMatchObject({ code: "invalid_option" });
  expect(String(error)).toContain("baseUrl");
  expect(String(error)).not.toContain("hunter2");
});

test.each([undefined, null, 7, new URL("https://api.example.com")])(
  "%s is refused: it is no text",
  (value) => {
    expect(errorOf(value as unknown as string)).toMatchObject({ code: "invalid_option" });
  },
);

test("whatever host http is accepted to is this machine, as fetch would read it", () => {
  const part = fc.constantFrom(
    "127",
    "0",
    "1",
    "localhost",
    "evil.com",
    ".",
    "@",
    "0x7f",
    ":",
    "[::1]",
    "%",
    "。",
    "255",
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 7 }), (parts) => {
      const text = `http://${parts.join("")}`;
      if (errorOf(text)) return;
      const { hostname } = new URL(text);
      expect(["localhost", "[::1]"].includes(hostname) || hostname.split(".")[0] === "127").toBe(true);
      expect(hostname).not.toContain("evil");
    }),
    { numRuns: 2_000 },
  );
});

function errorOf(text: string): unknown {
  try {
    parseBaseUrl(text);
    return undefined;
  } catch (error) {
    return error;
  }
}
