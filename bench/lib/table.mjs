/** Prints rows, each an object with the same keys, as a Markdown table. */
export function printTable(title, rows) {
  const columns = Object.keys(rows[0]);
  const widths = columns.map((column) =>
    Math.max(...[column, ...rows.map((row) => row[column])].map((cell) => cell.length)),
  );
  const line = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(" | ")} |`;
  console.log(`\n${title}\n`);
  console.log(line(columns));
  console.log(line(widths.map((width) => "-".repeat(width))));
  for (const row of rows) console.log(line(columns.map((column) => row[column])));
}

/** A number with three significant digits. */
export const short = (number) =>
  Math.abs(number) >= 1000
    ? Math.round(number).toLocaleString("en-US")
    : String(Number(number.toPrecision(3)));
