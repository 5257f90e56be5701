/** A question in the address's fragment, which no server ever sees: JSON, deflated by the platform, in base64url. */

import type { Question } from './question.ts';
import { ORDINARY, questionOf } from './question.ts';

export async function fragmentOf(question: Question): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(question));
  const packed = new Uint8Array(await new Response(streamed(bytes, new CompressionStream('deflate-raw'))).arrayBuffer());
  return btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

// Whoever made the link decides what comes out: no more than a question can hold.
const MOST_BYTES = 1_000_000;

/** What a fragment holds; an ordinary pod where it holds nothing that can be read. */
export async function questionIn(fragment: string): Promise<Question> {
  if (fragment === '') return ORDINARY;
  try {
    const packed = Uint8Array.from(atob(fragment.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    const parts: string[] = [];
    const decoder = new TextDecoder();
    const reader = streamed(packed, new DecompressionStream('deflate-raw')).getReader();
    for (let read = await reader.read(), length = 0; !read.done; read = await reader.read()) {
      length += read.value.length;
      if (length > MOST_BYTES) return ORDINARY;
      parts.push(decoder.decode(read.value, { stream: true }));
    }
    return questionOf(JSON.parse(parts.join('')));
  } catch {
    return ORDINARY;
  }
}

function streamed(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([bytes]).stream().pipeThrough(through as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>);
}
