import { expect, test } from "vitest";
import { checkAccess } from "../../src/client/access-check.ts";
import { ComplianceGuardClient } from "../../src/client/client.ts";
import { caught, codeOf } from "../support/error-code.ts";
import { answerJson, closedPort, startPlatform } from "./platform-double.ts";

const clientOf = (baseUrl: string) =>
  new ComplianceGuardClient({ baseUrl, apiKey: "cg_live_canary", maxRetries: 0 });

test.each([
  [404, {}],
  [404, { code: "not_found" }],
  [403, { code: "insufficient_scope" }],
  [403, { code: "missing_scope" }],
])(
  "an answer of %i %j means that the platform knows the key; nothing was written",
  async (status, problem) => {
    await using platform = await startPlatform((answer) => answerJson(answer, status, problem));
    await checkAccess(clientOf(platform.url));
    expect(platform.requests).toMatchObject([
      { method: "GET", url: expect.stringMatching(/^\/v1\/events\/[0-9a-f-]{36}$/), body: "" },
    ]);
  },
);

test.each([
  [401, { code: "unauthorized" }],
  [401, { code: "insufficient_scope" }],
  [403, {}],
  [403, { code: "misdirected_host" }],
  [302, {}],
  [500, {}],
])("an answer of %i %j is passed on", async (status, problem) => {
  await using platform = await startPlatform((answer) => answerJson(answer, status, problem));
  expect(await caught(() => checkAccess(clientOf(platform.url)))).toMatchObject({
    code: "api_error",
    status,
  });
});

test("each check asks for another event, which cannot exist", async () => {
  await using platform = await startPlatform((answer) => answerJson(answer, 404, {}));
  const client = clientOf(platform.url);
  await checkAccess(client);
  await checkAccess(client);
  expect(platform.requests[0]?.url).not.toBe(platform.requests[1]?.url);
});

test("a platform that cannot be reached is a network error", async () => {
  const client = clientOf(await closedPort());
  expect(await codeOf(() => checkAccess(client))).toBe("network_error");
});
