import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { activeTraceIds } from "../../src/recorder/open-telemetry.ts";

const storage = new AsyncLocalStorage<Context>();

function inSpan<T>(traceId: string, spanId: string, work: () => T): T {
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, self, ...args) => storage.run(active, () => fn.call(self as never, ...args)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  const span = trace.wrapSpanContext({ traceId, spanId, traceFlags: 1 });
  return context.with(trace.setSpan(ROOT_CONTEXT, span), work);
}

afterEach(() => context.disable());

test("inside a span its ids are given", () => {
  const ids = inSpan("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", () => activeTraceIds());
  expect(ids).toEqual({ trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" });
});

test("without OpenTelemetry, outside a span and in an invalid span there are none", () => {
  expect(activeTraceIds()).toBeUndefined();
  inSpan("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", () => {});
  expect(activeTraceIds()).toBeUndefined();
  expect(inSpan("0".repeat(32), "b7ad6b7169203331", () => activeTraceIds())).toBeUndefined();
});
