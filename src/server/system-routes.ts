import { isSystemId } from "./options.ts";
import { refusal } from "./problem.ts";
import { readJsonText } from "./read-body.ts";
import { type Answer, jsonAnswer, type Platform, type Route } from "./route.ts";

/** Registering systems, and listing them. */
export function systemRoutes(platform: Platform): Route[] {
  return [
    {
      method: "POST",
      path: "/v1/systems",
      scope: "systems:write",
      handle: ({ request }) => registerSystem(request, platform),
    },
    {
      method: "GET",
      path: "/v1/systems",
      scope: "events:read",
      handle: async () => jsonAnswer({ systems: await platform.store.call("systems", undefined) }),
    },
  ];
}

/** 201 with the system; 200 where it was registered before. */
async function registerSystem(request: Request, { store, systems, settings }: Platform): Promise<Answer> {
  const systemId = readSystemId(await readJsonText(request, settings.bodyLimitBytes));
  const registeredAtUtc = new Date(settings.clock()).toISOString();
  const { system, isNew } = await store.call("addSystem", { systemId, registeredAtUtc });
  systems.add(systemId);
  return jsonAnswer(system, isNew ? 201 : 200);
}

function readSystemId(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw refusal(400, "invalid_json", "the body is not JSON");
  }
  const { systemId, ...others } = Object(body) as Record<string, unknown>;
  if (!isSystemId(systemId) || Object.keys(others).length > 0) {
    throw refusal(
      400,
      "invalid_system",
      'the body must be {"systemId": "<1 to 1024 characters, no control characters>"}',
    );
  }
  return systemId;
}
