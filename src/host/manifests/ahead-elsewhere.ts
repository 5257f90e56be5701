/** Reading ahead, in a program whose runtime has no threads: what `ahead.ts` exports, for the static executable. */

export async function* readAhead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

export function aheadHere(): undefined {
  return undefined;
}
