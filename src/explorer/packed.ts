/** Texts deflated by the platform, in base64url: a link's question. */

export async function packed(text: string): Promise<string> {
  const bytes = new Uint8Array(
    await new Response(through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'))).arrayBuffer(),
  );
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** The text again; undefined where it has more bytes than are taken. Throws for what was not packed so. */
export async function unpacked(base64: string, mostBytes = Infinity): Promise<string | undefined> {
  const bytes = Uint8Array.from(atob(base64.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  const parts: string[] = [];
  const decoder = new TextDecoder();
  const reader = through(bytes, new DecompressionStream('deflate-raw')).getReader();
  for (let read = await reader.read(), length = 0; !read.done; read = await reader.read()) {
    length += read.value.length;
    if (length > mostBytes) return undefined;
    parts.push(decoder.decode(read.value, { stream: true }));
  }
  return parts.join('');
}

function through(bytes: Uint8Array<ArrayBuffer>, stream: GenericTransformStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  // Not by a Blob's stream: on a busy machine chromium now and then fails to read one. What is wrong with the bytes, the reader hears.
  const writer = (stream.writable as WritableStream<Uint8Array<ArrayBuffer>>).getWriter();
  writer.write(bytes).catch(() => undefined);
  writer.close().catch(() => undefined);
  return stream.readable as ReadableStream<Uint8Array<ArrayBuffer>>;
}
