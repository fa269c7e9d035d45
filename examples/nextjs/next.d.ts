// What the route uses of Next.js, so that it compiles here without it.
declare module "next/server" {
  export function after(task: () => unknown): void;
}
