import { run } from "./run.ts";

await run((name) => import(name), process.argv.slice(2));
