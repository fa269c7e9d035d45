import type { PathStep } from "./json-path.ts";
import { type MemberLayout, memberLayout } from "./member-layout.ts";

/** A list or object in the middle of being written, linked to the one around it. */
export interface OpenContainer {
  readonly source: object;
  readonly parent: OpenContainer | undefined;
  /** 1 for the outermost. */
  readonly depth: number;
  /** The nearest container around it whose depth is a power of two. */
  readonly landmark: OpenContainer | undefined;
  /** Undefined for a list. */
  readonly layout: MemberLayout | undefined;
  /** How many items or keys it had when it was opened: reading them may change it. */
  readonly size: number;
  /** The index of the next item or key. */
  next: number;
  /** Nothing is written of it yet. */
  isEmpty: boolean;
}

/** Opens a list or object that stands at the latest step of `parent`. */
export function openContainer(source: object, parent: OpenContainer | undefined): OpenContainer {
  const layout = Array.isArray(source) ? undefined : memberLayout(source);
  return {
    source,
    parent,
    depth: parent === undefined ? 1 : parent.depth + 1,
    landmark: parent !== undefined && isPowerOfTwo(parent.depth) ? parent : parent?.landmark,
    layout,
    size: (layout?.keys ?? (source as readonly unknown[])).length,
    next: 0,
    isEmpty: true,
  };
}

/**
 * Whether a container lies in itself, by Brent's algorithm: who walks round a cycle comes by the latest landmark again once
 * the landmarks are further apart than the cycle is long. That takes one comparison a container, and a few rounds of the cycle.
 */
export function isCycle({ source, landmark }: OpenContainer): boolean {
  return landmark?.source === source;
}

/** The path to the latest step of `container`. */
export function pathTo(container: OpenContainer | undefined): PathStep[] {
  return containersFromRoot(container).map(({ source, layout, next }) => {
    const key = layout?.keys[next - 1];
    return { key, index: key === undefined ? next - 1 : Object.keys(source).indexOf(key) };
  });
}

/** The innermost container of a walk round a cycle that is not yet a repetition. */
export function endOfFirstRound(container: OpenContainer | undefined): OpenContainer | undefined {
  const seen = new Set<object>();
  const repeated = containersFromRoot(container).find(({ source }) => seen.size === seen.add(source).size);
  return repeated ? repeated.parent : container;
}

function isPowerOfTwo(depth: number): boolean {
  return (depth & (depth - 1)) === 0;
}

function containersFromRoot(innermost: OpenContainer | undefined): OpenContainer[] {
  const containers: OpenContainer[] = [];
  for (let container = innermost; container; container = container.parent) containers.push(container);
  return containers.reverse();
}
