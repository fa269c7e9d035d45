import type { Scope } from "./auth.ts";
import type { ServerSettings } from "./options.ts";
import type { StoreThread } from "./store-thread.ts";

/** What the routes work with. */
export interface Platform {
  readonly store: StoreThread;
  /** Names of the registered systems: the store's, kept at hand. Systems are only ever added. */
  readonly systems: Set<string>;
  readonly settings: ServerSettings;
}

/** One thing the platform can be asked. */
export interface Route {
  readonly method: "GET" | "POST";
  /** As hono has it: `/v1/events/:id`. */
  readonly path: string;
  /** What the key must be allowed to do; undefined where no key is asked for. */
  readonly scope: Scope | undefined;
  handle(request: RouteRequest): Promise<Answer>;
}

/** A request that may be answered: its key has the scope, its host is ours. */
export interface RouteRequest {
  readonly request: Request;
  /** What stands behind the question mark. */
  query(): URLSearchParams;
  /** The part of the path that stands for `:id`. */
  readonly id: string;
}

/** What a route answers. */
export interface Answer {
  readonly status: number;
  readonly json: string;
}

/** An answer in JSON, from a value or from JSON text. */
export function jsonAnswer(value: object | string, status = 200): Answer {
  return { status, json: typeof value === "string" ? value : JSON.stringify(value) };
}
