import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { isComplianceGuardError } from "../core/errors.ts";
import { requireScope, type StoredKey } from "./auth.ts";
import { chainRoutes } from "./chain-routes.ts";
import { eventRoutes } from "./event-routes.ts";
import { checkHost } from "./host-check.ts";
import { problem } from "./problem.ts";
import { type Answer, jsonAnswer, type Platform, type Route } from "./route.ts";
import { systemRoutes } from "./system-routes.ts";

/** The platform as an app that answers the requests of a Node.js server. */
export function createApp(platform: Platform, keys: readonly StoredKey[]): Hono<Environment> {
  const app = new Hono<Environment>();
  app.use(checkHost(platform.settings.behindProxy));
  const routes = [
    healthRoute(platform),
    ...eventRoutes(platform),
    ...systemRoutes(platform),
    ...chainRoutes(platform),
  ];
  for (const { method, path, scope, handle } of routes) {
    if (scope) app.on(method, path, requireScope(keys, scope));
    app.on(method, path, async ({ req: request, env }) => {
      const answer = await handle({
        request: request.raw,
        query: () => new URL(request.url).searchParams,
        id: request.param("id") ?? "",
      });
      return send(answer, env);
    });
  }
  for (const [path, methods] of methodsByPath(routes)) {
    const answer = () =>
      problem(405, "method_not_allowed", `use ${methods}`, { headers: { allow: methods } });
    app.all(path, answer);
  }
  app.notFound(() => problem(404, "not_found", "there is nothing at this path"));
  app.onError((error) => {
    if (error instanceof HTTPException) return error.getResponse();
    platform.settings.onError(error);
    return isComplianceGuardError(error) && error.code === "server_error"
      ? problem(503, "store_unavailable", "nothing can be stored or read just now; the operator is told why")
      : problem(500, "internal_error", "the server has failed; the operator is told why");
  });
  return app;
}

type Environment = { Bindings: HttpBindings };

/** Nothing of it may be kept by a cache. */
const HEADERS = { "content-type": "application/json", "cache-control": "no-store" };

/** Writes an answer to its socket at once: on its way through a Response it takes as long as all the rest of a request. */
function send({ status, json }: Answer, { outgoing }: HttpBindings): Response {
  outgoing.writeHead(status, { ...HEADERS, "content-length": Buffer.byteLength(json) });
  outgoing.end(json);
  return RESPONSE_ALREADY_SENT;
}

/** Answers while the store does. */
function healthRoute({ store }: Platform): Route {
  return {
    method: "GET",
    path: "/healthz",
    scope: undefined,
    handle: async () => {
      await store.call("head", undefined);
      return jsonAnswer({ status: "ok" });
    },
  };
}

function methodsByPath(routes: readonly Route[]): Map<string, string> {
  const groups = [...Map.groupBy(routes, ({ path }) => path)];
  return new Map(groups.map(([path, group]) => [path, group.map(({ method }) => method).join(", ")]));
}
