import { expect, test } from "vitest";
import { Circuit } from "../../src/outbox/circuit.ts";

const circuit = (): Circuit => new Circuit(8, () => 1);

test("one event goes alone until the host has answered", () => {
  const host = circuit();
  expect(host.limit(0)).toBe(1);
  host.succeeded();
  expect(host.limit(0)).toBe(8);
});

test("a few failures do not stop the others, several in a row do", () => {
  const host = circuit();
  host.succeeded();
  for (let failure = 0; failure < 3; failure++) host.failed(0, undefined);
  expect(host.limit(0)).toBe(8);
  host.failed(0, undefined);
  // What was under way when it opened fails too.
  for (let failure = 0; failure < 4; failure++) host.failed(1, undefined);
  expect(host.limit(499)).toBe(0);
  expect(host.opensAtMs(499)).toBe(500);
  expect(host.limit(500)).toBe(1);
});

test("each failed probe doubles the delay, up to five minutes", () => {
  const host = circuit();
  const delays: number[] = [];
  let now = 0;
  for (let failure = 0; failure < 12; failure++) {
    host.failed(now, undefined);
    const opensAt = host.opensAtMs(now) ?? now;
    delays.push(opensAt - now);
    now = opensAt;
  }
  expect(delays).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
  ]);
});

test("Retry-After stops all, at least so long and at most an hour", () => {
  const host = circuit();
  host.succeeded();
  host.failed(0, 20_000);
  expect(host.opensAtMs(0)).toBe(20_000);
  const other = circuit();
  other.failed(0, 10 ** 9);
  expect(other.opensAtMs(0)).toBe(3_600_000);
});

test("a pause says why until an event goes through or somebody asks to try now", () => {
  const host = circuit();
  host.pause(0, "unauthorized");
  expect([host.paused, host.limit(0)]).toEqual(["unauthorized", 0]);
  host.tryNow();
  expect([host.paused, host.limit(0)]).toEqual([undefined, 1]);
  host.pause(0, "forbidden");
  host.succeeded();
  expect([host.paused, host.limit(0)]).toEqual([undefined, 8]);
});
