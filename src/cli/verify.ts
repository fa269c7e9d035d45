import { ComplianceGuardError } from "../core/errors.ts";
import { describeChain } from "../evidence/chain-report.ts";
import { type EarlierHead, verifyChain } from "../evidence/verify-chain.ts";
import { chainOfFile, chainOfServer } from "./chain-source.ts";
import { type Command, readArguments } from "./command.ts";
import { PLATFORM_HELP, platformApi } from "./platform-api.ts";

/** Checks a chain, of a server or in a file. */
export const command: Command = {
  help: `complianceguard verify [FILE] [options]

Checks every entry, its hash, its tie to the one before, and every body: of the export FILE (- is standard input),
or of a platform. Prints what was checked and on what basis: a chain that is self-consistent only can have been
rebuilt by whoever holds the server. Ends with 1 when something does not fit.
  --against EARLIER  an earlier export, kept elsewhere: the chain must still contain its head
${PLATFORM_HELP}`,
  run: verify,
};

async function verify(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, OPTIONS, { least: 0, most: 1 });
  const [file] = positionals;
  const source = file === undefined ? chainOfServer(platformApi(values.url)) : chainOfFile(file);
  const earlierHead = values.against === undefined ? undefined : await headOf(values.against);
  const report = await verifyChain(source.links, { statedHead: source.statedHead, earlierHead });
  for (const line of describeChain(report)) console.log(line);
  return report.isConsistent ? 0 : 1;
}

const OPTIONS = { url: { type: "string" }, against: { type: "string" } } as const;

async function headOf(path: string): Promise<EarlierHead> {
  const report = await verifyChain(chainOfFile(path).links);
  if (!report.head || !report.isConsistent) {
    throw new ComplianceGuardError(
      "invalid_entry",
      `${path} is no basis: ${report.head ? 'it has findings itself, see "complianceguard verify"' : "it holds no entry"}`,
    );
  }
  return { ...report.head, name: `${path} of ${report.headIngestedAtUtc}` };
}
