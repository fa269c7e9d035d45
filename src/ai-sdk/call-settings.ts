import { reference } from "../core/digest.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import { present, someOf } from "../recorder/present.ts";
import { member, textMember } from "./unknown-shape.ts";

const settingNames = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "presencePenalty",
  "frequencyPenalty",
  "stopSequences",
  "seed",
  "reasoning",
  "toolChoice",
] as const;

/**
 * The parameters of a call for the sealed metadata: settings as they are, schemas and providers' options as SHA-256 of their
 * canonical JSON. Headers never: they carry credentials.
 */
export function callSettings(params: unknown): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const name of settingNames) parameters[name] = member(params, name);
  parameters["responseFormat"] = responseFormatOf(member(params, "responseFormat"));
  parameters["provider_options_sha256"] = fingerprint(member(params, "providerOptions"));
  return present({
    parameters: present(parameters),
    tool_schemas: someOf(boundedList(member(params, "tools")).map(toolFingerprint)),
  });
}

/** The names of the tools declared to the model. */
export function declaredTools(params: unknown): string[] {
  return boundedList(member(params, "tools"))
    .map((tool) => textMember(tool, "name"))
    .filter((name) => name !== undefined);
}

/**
 * The framework's version as plain calls announce it to the provider in the user agent; undefined for streams, and where ai is
 * older than that.
 */
export function frameworkVersion(params: unknown): string | undefined {
  const userAgent = textMember(member(params, "headers"), "user-agent") ?? "";
  return /(?:^| )ai\/(\d{1,3}\.\d{1,4}\.\d{1,5})(?: |$)/.exec(userAgent)?.[1];
}

function toolFingerprint(tool: unknown): Record<string, unknown> {
  return present({
    name: textMember(tool, "name"),
    type: textMember(tool, "type"),
    id: textMember(tool, "id"),
    sha256: fingerprint(member(tool, "inputSchema") ?? member(tool, "args")),
  });
}

function responseFormatOf(format: unknown): Record<string, unknown> | undefined {
  if (format === undefined) return undefined;
  return present({
    type: textMember(format, "type"),
    name: textMember(format, "name"),
    schema_sha256: fingerprint(member(format, "schema")),
  });
}

/** The SHA-256 of a value's canonical JSON. Undefined where there is nothing, or what there is has no canonical form. */
export function fingerprint(value: unknown): string | undefined {
  try {
    return value === undefined ? undefined : reference(value);
  } catch {
    return undefined;
  }
}
