import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { decryptEvent } from "../../src/core/decrypt-event.ts";
import { startServer } from "../../src/server/index.ts";

const canary = `canary${randomBytes(6).toString("hex")}`;
const payloadKey = randomBytes(32);

/** Passes every byte on to the platform, and keeps what the application sent. */
async function startWire(port: number) {
  const sent: Buffer[] = [];
  const wire = createServer((application) => {
    const platform = connect(port, "127.0.0.1");
    application.on("data", (bytes) => void sent.push(bytes));
    application.pipe(platform).pipe(application);
    for (const each of [application, platform]) each.on("error", () => {});
  });
  await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
  return { sent, port: (wire.address() as AddressInfo).port, close: () => wire.close() };
}

async function runApplication(environment: Record<string, string>): Promise<string> {
  const application = spawn(process.execPath, ["test/privacy/application.ts"], {
    env: { ...process.env, ...environment, CANARY: canary, NODE_DEBUG: "", AI_SDK_LOG_WARNINGS: "false" },
  });
  let output = "";
  for (const stream of [application.stdout, application.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => application.on("close", resolve));
  if (code !== 0) throw new Error(`the application failed:\n${output}`);
  return output;
}

describe.each([
  ["references only", {}],
  [
    "sealed",
    { COMPLIANCEGUARD_PAYLOAD_KEY: payloadKey.toString("base64url"), COMPLIANCEGUARD_PAYLOAD_KEY_ID: "k1" },
  ],
])("%s", (name, keys) => {
  test("a canary in every place a framework carries text is in no byte sent, logged or stored", async () => {
    const directory = await mkdtemp(join(tmpdir(), "complianceguard-canary-"));
    const server = await startServer({ directory, port: 0, systems: ["s"] });
    const wire = await startWire(server.port);
    const apiKey = server.apiKey ?? "";
    try {
      const output = await runApplication({
        COMPLIANCEGUARD_BASE_URL: `http://127.0.0.1:${wire.port}`,
        COMPLIANCEGUARD_API_KEY: apiKey,
        COMPLIANCEGUARD_SYSTEM_ID: "s",
        OUTBOX_DIRECTORY: directory,
        ...keys,
      });
      const sent = Buffer.concat(wire.sent).toString("latin1");
      expect(sent.split("POST /v1/events").length - 1).toBeGreaterThanOrEqual(12);
      expect(sent).not.toContain(canary);
      expect(output.split("\n").filter((line) => line.includes(canary) && !isTheFrameworks(line))).toEqual(
        [],
      );
      expect(output).not.toContain(apiKey);
      expect(sent).not.toContain(payloadKey.toString("base64url"));

      await using client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
      let opened = 0;
      for await (const event of client.listEvents()) {
        expect(JSON.stringify(event)).not.toContain(canary);
        // What the recorder says of itself has no content.
        if (name !== "sealed" || (event.systemState && "lifecycle" in event.systemState)) continue;
        // The canary did travel, under the seal.
        expect(JSON.stringify(await decryptEvent(event, payloadKey))).toContain(canary);
        opened++;
      }
      if (name === "sealed") expect(opened).toBeGreaterThanOrEqual(12);
    } finally {
      wire.close();
      await server.close();
    }
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      expect((await readFile(join(entry.parentPath, entry.name))).includes(canary)).toBe(false);
    }
    await rm(directory, { recursive: true, force: true });
  }, 60_000);
});

/** LangChain prints a tool's error and the endpoint's, whoever listens. */
function isTheFrameworks(line: string): boolean {
  return !/complianceguard/i.test(line);
}
