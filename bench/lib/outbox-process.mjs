// An outbox in a process of its own.
import { openOutbox } from "../../dist/outbox/outbox.js";
import { answerTo, childInput } from "./children.mjs";
import { eventBodies } from "./event-bodies.mjs";

const outbox = openOutbox(childInput());

answerTo({
  async fill(count) {
    for (let left = count; left > 0; left -= 1_000) {
      const events = await eventBodies(Math.min(left, 1_000));
      await Promise.all(events.map((event) => outbox.submit(event)));
    }
  },
  async deliver() {
    const before = process.cpuUsage();
    const start = performance.now();
    const { waiting } = await outbox.flush({ timeoutMs: 120_000 });
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    return { seconds, waiting, cpuMs: (user + system) / 1000 };
  },
  close: () => outbox.close({ timeoutMs: 0 }),
});
