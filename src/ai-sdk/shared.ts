/**
 * One value for all copies of this package that a process has loaded: bundlers and hot reload make several, and what one of
 * them records the others must know of.
 */
export function shared<T>(name: string, make: () => T): T {
  const key = Symbol.for(`complianceguard.ai-sdk.${name}`);
  const holder = globalThis as unknown as Record<symbol, T>;
  holder[key] ??= make();
  return holder[key];
}
