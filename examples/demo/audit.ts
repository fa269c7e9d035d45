import { decryptEvent, type FetchedEvent, isComplianceGuardError, verifyEvent } from "complianceguard";
import { type ChainLink, describeChain, verifyChain } from "complianceguard/evidence";
import { step } from "./output.ts";

/** What an auditor with the customer's key does: reads one event, and is shown changed ones. */
export async function checkPayload(events: readonly FetchedEvent[], payloadKey: string): Promise<void> {
  const event = events.findLast(({ actor }) => actor?.type === "model");
  if (!event) throw new Error("no model call was recorded");

  step(`An auditor with the key decrypts no. ${event.sequenceNumber} and checks it`);
  const { output } = await decryptEvent(event, payloadKey);
  console.log("  output:", JSON.stringify(output));
  const genuine = await verifyEvent(event, payloadKey);
  console.log(
    `  ${genuine.authenticated.length} fields are as they were sent, ${genuine.differs.length} differ`,
  );
  console.log(`  the platform's word alone: ${genuine.unauthenticated.join(", ")}`);

  step("The same event with another model in its clear fields");
  const relabelled = await verifyEvent({ ...event, modelId: "another-model" }, payloadKey);
  for (const { field, sealed, shown } of relabelled.differs)
    console.log(`  differs: ${field} was ${sealed}, is shown as ${shown}`);

  step("The same event with one character of its ciphertext changed");
  const first = event.payloadCiphertext?.startsWith("A") ? "B" : "A";
  const changed = { ...event, payloadCiphertext: `${first}${event.payloadCiphertext?.slice(1)}` };
  await decryptEvent(changed, payloadKey).then(
    () => {
      throw new Error("a changed payload was opened");
    },
    (error: unknown) => {
      if (!isComplianceGuardError(error)) throw error;
      console.log(`  refused: ${error.code}`);
    },
  );
}

/** Walks the platform's chain from its first entry to its head. */
export async function checkChain(url: string, apiKey: string): Promise<void> {
  step("The chain of the record");
  const answer = await fetch(`${url}/v1/chain`, { headers: { "X-Api-Key": apiKey } });
  const { links } = (await answer.json()) as { links: ChainLink[] };
  const report = await verifyChain(links);
  for (const line of describeChain(report)) console.log(`  ${line}`);
  if (!report.isConsistent) throw new Error("the chain is broken");
}
