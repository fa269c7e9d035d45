// npm run bench: every table, each with its goals. Numbers are medians of CPU time over 25 interleaved rounds in one process.
import { existsSync } from "node:fs";
import { cpus } from "node:os";

if (!existsSync(new URL("../dist/core/canonical-json.js", import.meta.url))) {
  console.error("Nothing to measure in dist/: run npm run build first.");
  process.exit(1);
}
const { benchCanonicalJson } = await import("./canonical.mjs");
const { benchEvent } = await import("./event.mjs");
const { benchOutbox } = await import("./outbox.mjs");
const { benchDelivery } = await import("./delivery.mjs");

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? "unknown processor"}`);
benchCanonicalJson();
benchEvent();
await benchOutbox();
await benchDelivery();
