/** Files in pieces, as QuickJS reads them. */

import { files } from './files.ts';

export async function* piecesOf(path: string, length: number): AsyncGenerator<Buffer> {
  const file = files.open(path);
  try {
    yield* piecesIn(file, length);
  } finally {
    files.close(file);
  }
}

/** What is still to come of an open file. */
export async function* piecesIn(file: number, length: number): AsyncGenerator<Buffer> {
  for (;;) {
    const bytes = Buffer.allocUnsafe(length);
    const read = files.read(file, bytes);
    if (read === 0) return;
    yield bytes.subarray(0, read);
  }
}
