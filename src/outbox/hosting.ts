import { isWritable } from "./directory.ts";

/** Where an outbox is kept when nobody says otherwise. */
export const DEFAULT_DIRECTORY = ".complianceguard";

/**
 * Why an outbox cannot be kept here, or undefined: serverless functions lose their disk with the instance, and some disks cannot
 * be written. Nothing is made.
 */
export function outboxObstacle(
  directory: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (environment["AWS_LAMBDA_FUNCTION_NAME"]) return "AWS Lambda keeps no disk";
  if (environment["VERCEL"]) return "Vercel keeps no disk";
  if (!isWritable(directory)) return `the directory ${directory} cannot be written`;
  return undefined;
}
