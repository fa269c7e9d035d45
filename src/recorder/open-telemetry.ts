/** The ids of the active OpenTelemetry span, hex as W3C Trace Context has them. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

interface OpenTelemetryGlobal {
  readonly context?: { active?(): { getValue?(key: symbol): unknown } };
}

/**
 * The active span's ids where an application has set OpenTelemetry up. Read through the API's own global, which is the
 * same for every 1.x copy, so that this package need not depend on it.
 */
export function activeTraceIds(): TraceIds | undefined {
  try {
    const api = (globalThis as Record<symbol, unknown>)[Symbol.for("opentelemetry.js.api.1")] as
      | OpenTelemetryGlobal
      | undefined;
    if (!api) return undefined;
    const span = api.context?.active?.().getValue?.(Symbol.for("OpenTelemetry Context Key SPAN")) as
      | { spanContext?(): { traceId?: unknown; spanId?: unknown } }
      | undefined;
    const ids = span?.spanContext?.();
    return isHex(ids?.traceId, 32) && isHex(ids?.spanId, 16)
      ? { trace_id: ids.traceId, span_id: ids.spanId }
      : undefined;
  } catch {
    // Another library's broken span is no reason to lose an event; the ids are a convenience.
    return undefined;
  }
}

function isHex(value: unknown, length: number): value is string {
  return (
    typeof value === "string" && value.length === length && /^[0-9a-f]+$/.test(value) && !/^0+$/.test(value)
  );
}
