/** Resolves when all of the work has ended. Most ends are one piece of it, and waiting for a list costs more than for one. */
export function together(work: readonly Promise<void>[]): Promise<void> {
  const [only] = work;
  return only && work.length === 1 ? only : Promise.all(work).then(() => {});
}
