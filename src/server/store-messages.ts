import type { ErrorCode } from "../core/errors.ts";
import type { EventStore } from "./event-store.ts";

/** The methods of the store that its thread offers. Each takes at most one argument. */
export type StoreMethod =
  | "append"
  | "find"
  | "list"
  | "head"
  | "addSystem"
  | "systems"
  | "setting"
  | "setSetting"
  | "close";

/** What a method takes. */
export type StoreInput<Method extends StoreMethod> = Parameters<EventStore[Method]>[0];

/** What a method gives. */
export type StoreOutput<Method extends StoreMethod> = ReturnType<EventStore[Method]>;

/** What the thread is started with. */
export interface StoreOpening {
  readonly file: string;
  readonly newEnvironmentId: string;
}

/** To the thread. Answered in the order asked. */
export interface StoreRequest {
  readonly id: number;
  readonly method: StoreMethod;
  readonly input: unknown;
}

/** From the thread. The first, with id 0, says whether the file could be opened. */
export type StoreReply =
  | { readonly id: number; readonly output: unknown }
  | {
      readonly id: number;
      readonly error: { readonly code: ErrorCode | undefined; readonly message: string };
    };
