// Stands in for `next/server` where the route runs without Next.js.
const tasks: (() => unknown)[] = [];

/** As in Next.js: what is to be done once the response has gone out. */
export function after(task: () => unknown): void {
  tasks.push(task);
}

/** Does what `after` was given, as Next.js does when a response has been sent or its client is gone. */
export async function responseIsOut(): Promise<unknown[]> {
  return await Promise.all(tasks.splice(0).map((task) => task()));
}
