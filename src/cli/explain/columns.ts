/** Text in columns, wrapped at words. */

/** Lines of a text, none above `width` columns unless one word is. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A label, and a text beside it that goes on below itself. */
export function hanging(label: string, text: string, width: number): readonly string[] {
  return wrapped(text, width - label.length).map((line, index) => `${index === 0 ? label : ' '.repeat(label.length)}${line}`);
}

/** The cells of a row side by side: each a column wide, the last as wide as it is. */
export function row(cells: readonly (readonly string[])[], widths: readonly number[]): readonly string[] {
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) =>
    cells
      .map((lines, column) => (lines[index] ?? '').padEnd(widths[column] ?? 0))
      .join(' ')
      .trimEnd(),
  );
}
