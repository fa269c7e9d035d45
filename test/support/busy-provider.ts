/** What the AI SDK makes of a provider that is busy: its retry comes after a millisecond. */
export const busyError = (): Error =>
  Object.assign(new Error("busy"), {
    name: "AI_APICallError",
    statusCode: 429,
    isRetryable: true,
    responseHeaders: { "retry-after-ms": "1" },
    [Symbol.for("vercel.ai.error")]: true,
    [Symbol.for("vercel.ai.error.AI_APICallError")]: true,
  });
