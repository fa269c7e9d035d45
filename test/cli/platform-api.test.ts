import { expect, test } from "vitest";
import { type Answerer, answerJson, closedPort, startPlatform } from "../client/platform-double.ts";
import { runCli } from "./run-cli.ts";

const KEY = "cg_canary-that-nobody-may-see";

/** How `verify` ends where this is what answers. The key is not shown, whatever it says. */
async function verifyOf(answerer: Answerer) {
  await using platform = await startPlatform(answerer);
  const env = { COMPLIANCEGUARD_BASE_URL: `${platform.url}/guard`, COMPLIANCEGUARD_API_KEY: KEY };
  const result = await runCli(["verify"], { env });
  expect(result.stdout + result.stderr).not.toContain("canary");
  expect([result.exitCode, result.stdout]).toEqual([1, ""]);
  return { ...result, requests: platform.requests };
}

test("a refusal that echoes the key is shown without it", async () => {
  const problem = { code: "unauthorized", detail: `no such key: ${KEY}` };
  const { stderr, requests } = await verifyOf((answer) => answerJson(answer, 401, problem));
  expect(stderr).toContain("401");
  expect(stderr).toContain("unauthorized");
  expect(requests[0]?.url).toMatch(/^\/guard\/v1\/chain/);
});

test("a problem whose code is the key is shown without it", async () => {
  const { stderr } = await verifyOf((answer) => answerJson(answer, 409, { code: KEY }));
  expect(stderr).toContain("409");
});

test("a redirect is named and not followed: the key would go to whoever it points at", async () => {
  await using elsewhere = await startPlatform((answer) => answerJson(answer, 200, {}));
  const { stderr } = await verifyOf((answer) => {
    answer.writeHead(307, { location: elsewhere.url }).end();
  });
  expect(elsewhere.requests).toEqual([]);
  expect(stderr).toContain("redirect");
  expect(stderr).not.toContain("is it running");
});

test("a page of something else is no platform", async () => {
  const { stderr } = await verifyOf((answer) => answer.end(`<html>${KEY}</html>`));
  expect(stderr).toContain("no ComplianceGuard platform");
});

test("an answer without end is cut off", async () => {
  const { stderr } = await verifyOf((answer) => {
    const piece = Buffer.alloc(2 ** 20, " ");
    const write = (): void => {
      while (answer.write(piece));
      answer.once("drain", write);
    };
    write();
  });
  expect(stderr).toContain("longer than");
}, 30_000);

test("where nobody listens it asks whether the platform is running", async () => {
  const env = {
    COMPLIANCEGUARD_BASE_URL: await closedPort(),
    COMPLIANCEGUARD_API_KEY: KEY,
  };
  const { exitCode, stderr } = await runCli(["verify"], { env });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("ECONNREFUSED");
  expect(stderr).toContain("is it running?");
});

test.each(["with a space", "line\r\nend", "ümlaut"])(
  "the key %j cannot be sent, and is not shown",
  async (key) => {
    await using platform = await startPlatform((answer) => answerJson(answer, 200, {}));
    const env = { COMPLIANCEGUARD_BASE_URL: platform.url, COMPLIANCEGUARD_API_KEY: key };
    const { exitCode, stderr } = await runCli(["verify"], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("COMPLIANCEGUARD_API_KEY");
    expect(stderr).not.toContain(key);
    expect(platform.requests).toEqual([]);
  },
);

test.each([
  ["nothing", ""],
  ["two lines", "a\nb"],
  ["1025 characters", "x".repeat(1025)],
])("a system cannot be named by %s, and no platform is asked", async (_what, name) => {
  await using platform = await startPlatform((answer) => answerJson(answer, 201, {}));
  const env = { COMPLIANCEGUARD_BASE_URL: platform.url, COMPLIANCEGUARD_API_KEY: KEY };
  const { exitCode, stderr } = await runCli(["system", "add", name], { env });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("NAME must be");
  expect(platform.requests).toEqual([]);
});
