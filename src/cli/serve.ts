import { once } from "node:events";
import { startServer } from "../server/serve.ts";
import { type Command, readArguments, wholeNumber } from "./command.ts";

/** Runs the embedded platform until it is told to stop. */
export const command: Command = {
  help: `complianceguard serve [options]

Runs an embedded platform: accepts events, keeps them in a chain of hashes, and gives them back.
  --port N                 @default 5214; 0 takes a free one
  --host HOST              @default 127.0.0.1; others need --behind-proxy
  --directory DIR          where the data is kept, @default .complianceguard/platform
  --system NAME            registers a system; may be given several times
  --allow-unknown-systems  accepts events of systems nobody registered
  --behind-proxy ORIGIN    the HTTPS proxy in front of it, e.g. https://audit.example

COMPLIANCEGUARD_SERVER_API_KEY sets the API key. Without it the first start makes one and prints it once.
Ends on SIGINT and SIGTERM once the requests under way are answered.`,
  run: serve,
};

async function serve(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, OPTIONS, { least: 0, most: 0 });
  const server = await startServer({
    directory: values.directory ?? ".complianceguard/platform",
    port: wholeNumber(values.port, "--port"),
    host: values.host,
    systems: values.system,
    allowUnknownSystems: values["allow-unknown-systems"],
    behindProxy: values["behind-proxy"],
    onError: (error) => console.error(`complianceguard: ${error instanceof Error ? error.message : error}`),
  });
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  console.log(
    `ComplianceGuard platform at ${server.url}\nData in ${server.directory}\n${howToUse(server)}\nCtrl+C stops it.`,
  );
  await stopped;
  await server.close();
  return 0;
}

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string" },
  directory: { type: "string" },
  system: { type: "string", multiple: true },
  "allow-unknown-systems": { type: "boolean" },
  "behind-proxy": { type: "string" },
} as const;

function howToUse({ url, apiKey }: { readonly url: string; readonly apiKey: string | undefined }): string {
  const baseUrl = `export COMPLIANCEGUARD_BASE_URL=${url}`;
  if (process.env["COMPLIANCEGUARD_SERVER_API_KEY"]) {
    return `The API key is that of COMPLIANCEGUARD_SERVER_API_KEY.\n${baseUrl}`;
  }
  if (apiKey === undefined) {
    return `The API key is the one made at the first start; COMPLIANCEGUARD_SERVER_API_KEY replaces it.\n${baseUrl}`;
  }
  return `The API key is shown this once, only its hash is kept:\n${baseUrl}\nexport COMPLIANCEGUARD_API_KEY=${apiKey}`;
}
