/** Figures as a table of text. */

/** A figure that must not grow: a ratio between two things measured in the same run. */
export interface Limit {
  readonly what: string;
  readonly measured: number;
  readonly most: number;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly limits: readonly Limit[];
}

/** Prints a table, numbers to the right, and below it the limits with what was measured. */
export function printTable({ title, head, rows, limits }: Table): void {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  process.stdout.write(`\n${title}\n${line(head)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}\n`);
  for (const row of rows) process.stdout.write(`${line(row)}\n`);
  for (const { what, measured, most } of limits) process.stdout.write(`${what}: ${measured.toFixed(2)} (at most ${most})\n`);
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
