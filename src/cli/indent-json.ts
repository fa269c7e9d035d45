/**
 * JSON text spread over lines, two spaces a level, its tokens untouched: numbers keep every digit.
 * @param text Valid JSON without white space between its tokens, as the canonical form is.
 */
export function indentJson(text: string): string {
  let indented = "";
  let depth = 0;
  for (const [token] of text.matchAll(
    /"[^"\\]*(?:\\.[^"\\]*)*"|[{[](?=[}\]])[}\]]|[{}[\],:]|[^{}[\],:"]+/gs,
  )) {
    if (token === "}" || token === "]") depth--;
    indented += token === "}" || token === "]" ? `\n${"  ".repeat(depth)}${token}` : token;
    if (token === "{" || token === "[") depth++;
    if (token === "{" || token === "[" || token === ",") indented += `\n${"  ".repeat(depth)}`;
    if (token === ":") indented += " ";
  }
  return indented;
}
