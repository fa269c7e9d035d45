/** What `JSON.parse` does not tell about a text. */
export interface JsonShape {
  /** A name stands twice in one object, at any depth: readers differ in which one they take. */
  readonly hasDuplicateName: boolean;
  /** Containers within containers, 1 for `{}`. */
  readonly depth: number;
}

/** Looks through a text that `JSON.parse` has read without an error. */
export function shapeOfJson(text: string): JsonShape {
  /** The names seen in each open object; null for an open array. */
  const open: (Set<string> | null)[] = [];
  let hasDuplicateName = false;
  let depth = 0;
  let isNameNext = false;
  for (let position = 0; position < text.length; position++) {
    switch (text[position]) {
      case '"': {
        const end = endOfString(text, position);
        if (isNameNext) {
          const names = open.at(-1);
          const name: string = JSON.parse(text.slice(position, end));
          hasDuplicateName ||= names?.has(name) === true;
          names?.add(name);
          isNameNext = false;
        }
        position = end - 1;
        break;
      }
      case "{":
      case "[":
        isNameNext = text[position] === "{";
        open.push(isNameNext ? new Set() : null);
        depth = Math.max(depth, open.length);
        break;
      case ",":
        isNameNext = open.at(-1) !== null;
        break;
      case "}":
      case "]":
        isNameNext = false;
        open.pop();
        break;
    }
  }
  return { hasDuplicateName, depth };
}

/** The position behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote + 1;
}

function isEscaped(text: string, position: number): boolean {
  let before = position - 1;
  while (text[before] === "\\") before--;
  return (position - before) % 2 === 0;
}
