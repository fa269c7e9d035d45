export type { ChainLink } from "./chain-link.ts";
export type { ChainFinding, ChainFindingKind, ChainHead, ChainReport } from "./chain-report.ts";
export { describeChain } from "./chain-report.ts";
export type { Entry } from "./entry.ts";
export { bodyDigest, decodeEntry, encodeEntry, eventHash, NO_PREVIOUS_HASH } from "./entry.ts";
export type { EarlierHead, VerifyChainOptions } from "./verify-chain.ts";
export { verifyChain } from "./verify-chain.ts";
