/** A table for people. */

/** Rows below a head, every column as wide as its widest cell; numbers go to the right. Nothing is behind the last cell. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const numbers = head.map((_, column) => rows.every((row) => /^[\d,]+$/.test(row[column] ?? '')));
  const print = (row: readonly string[]): string =>
    row
      .map((cell, column) => (numbers[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return all.map((row) => `${print(row)}\n`).join('');
}

/** A cell that may be cut: what is longer than a screen takes is in the other forms. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}
