import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { generateKey } from "../../src/core/keys.ts";
import { API_KEY, ask, sharedPlatform, testDirectory } from "../server/test-platform.ts";
import { runCli } from "./run-cli.ts";

const platform = sharedPlatform();
const key = generateKey();

const clearFields = {
  systemId: "s",
  occurredAtUtc: "2026-05-01T12:00:00Z",
  modelId: "gpt-5",
  version: "1",
  decisionClassification: "automated_decision",
};

/** Records an event and gives what the platform shows of it. */
async function stored(
  event: Partial<Parameters<ComplianceGuardClient["ingestEvent"]>[0]>,
): Promise<Record<string, unknown>> {
  const client = new ComplianceGuardClient({ baseUrl: platform().url, apiKey: API_KEY });
  const sealed = { payloadKey: key, payloadKeyId: "kek-1" };
  const { eventId } = await client.ingestEvent({ ...clearFields, ...sealed, ...event });
  await client.close();
  return (await ask(platform(), `/v1/events/${eventId}`)).body;
}

let keyFile: string;
let event: Record<string, unknown>;

beforeAll(async () => {
  event = await stored({
    eventId: "00000000-0000-7000-8000-0000000000aa",
    input: { prompt: "Is 12345678901234567890n big?", evil: "\u202e\u001b[31m" },
    output: { answer: "yes" },
    metadata: {
      complianceguard: { event: { ...clearFields, eventId: "00000000-0000-7000-8000-0000000000aa" } },
    },
  });
});

async function decrypt(shown: unknown, keyText: string | Uint8Array = key) {
  keyFile = join(await testDirectory(), "key");
  await writeFile(keyFile, keyText);
  return runCli(["decrypt", "-", "--key-file", keyFile], { stdin: JSON.stringify(shown) });
}

describe("decrypt", () => {
  test("shows the components, and what the key vouches for", async () => {
    const { exitCode, stdout, stderr } = await decrypt(event);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain('output:\n{\n  "answer": "yes"\n}');
    expect(stdout).toMatch(/authenticated by the key: .*modelId/);
    expect(stdout).toMatch(/the platform's word alone: .*receiptId/);
    expect(stdout).not.toContain("DIFFERS");
  });

  test("makes visible what could not be seen", async () => {
    const { stdout } = await decrypt(event);
    expect(stdout).toContain("⟨U+202E⟩");
    for (const hidden of ["\u202e", "\u001b"]) expect(stdout).not.toContain(hidden);
  });

  test("reads the event from a file, and the key in each of its forms", async () => {
    const file = join(await testDirectory(), "event.json");
    await writeFile(file, JSON.stringify(event));
    await decrypt(event);
    expect(await runCli(["decrypt", file, "--key-file", keyFile])).toMatchObject({ exitCode: 0 });
    const bytes = Buffer.from(key, "base64url");
    for (const form of [bytes, bytes.toString("hex"), `${key}\n`]) {
      expect(await decrypt(event, form)).toMatchObject({ exitCode: 0 });
    }
  }, 30_000);

  test("reads a line of an export", async () => {
    const { body } = await ask(platform(), "/v1/chain");
    const { exitCode, stdout } = await decrypt(body.links[0]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"answer": "yes"');
  });

  test("refuses a whole export, and asks for one line of it", async () => {
    const { body } = await ask(platform(), "/v1/chain");
    await decrypt(event);
    const line = JSON.stringify(body.links[0]);
    const whole = await runCli(["decrypt", "-", "--key-file", keyFile], { stdin: `${line}\n${line}\n` });
    expect([whole.exitCode, whole.stdout]).toEqual([1, ""]);
    expect(whole.stderr).toContain("several lines: give one");
    const one = await runCli(["decrypt", "-", "--key-file", keyFile], { stdin: `${line}\n` });
    expect(one.exitCode).toBe(0);
  });

  test("names a field that is not as it was sent, and ends with 1", async () => {
    const { exitCode, stdout } = await decrypt({ ...event, modelId: "gpt-4" });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('DIFFERS: modelId: sealed "gpt-5", shown "gpt-4"');
  });

  test.each<[string, object]>([
    ["whose reference is another", { outputReference: "0".repeat(64) }],
    ["that was bound to another event", { systemId: "other" }],
    ["whose ciphertext was changed", { payloadCiphertext: "AAAA".repeat(20) }],
    ["whose nonce is missing", { payloadNonce: null }],
  ])("refuses an event %s, and shows nothing of it", async (_what, change) => {
    const { exitCode, stdout, stderr } = await decrypt({ ...event, ...change });
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^complianceguard: /);
  });

  test("refuses a wrong key, and what is none, without showing it", async () => {
    expect(await decrypt(event, generateKey())).toMatchObject({ exitCode: 1, stdout: "" });
    const { exitCode, stderr } = await decrypt(event, "not-a-key-at-all");
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain("not-a-key-at-all");
  });

  test("refuses what is no JSON", async () => {
    await decrypt(event);
    const result = await runCli(["decrypt", "-", "--key-file", keyFile], { stdin: "no\nJSON" });
    expect(result).toMatchObject({ exitCode: 1, stdout: "" });
    expect(result.stderr).not.toContain("several lines");
  });
});
