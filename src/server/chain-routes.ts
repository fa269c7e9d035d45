import type { ChainLink } from "../evidence/chain-link.ts";
import { readPageQuery } from "./event-query.ts";
import { jsonAnswer, type Platform, type Route } from "./route.ts";

/** What `GET /v1/chain` answers: a stretch of the chain, and where the chain ends at that moment. */
export interface ChainAnswer {
  readonly environmentId: string;
  /** Sequence number 0 and 64 zeros for an empty chain. */
  readonly head: { readonly sequenceNumber: number; readonly eventHash: string };
  /** At most `limit`; each can be checked offline, and is a line of an export. */
  readonly links: readonly ChainLink[];
  /** The `after` of the next request; null where `links` ends with the head. */
  readonly nextAfter: number | null;
}

/** The chain itself, for whoever checks or copies it. */
export function chainRoutes({ store }: Platform): Route[] {
  return [
    {
      method: "GET",
      path: "/v1/chain",
      scope: "events:read",
      handle: async (request) => {
        const { events, nextAfter, head } = await store.call("list", readPageQuery(request.query()));
        const answer: ChainAnswer = { environmentId: store.environmentId, head, links: events, nextAfter };
        return jsonAnswer(answer);
      },
    },
  ];
}
