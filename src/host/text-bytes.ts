/** Bytes to text: which encoding they are in, and what they are where they are no text. */

import { quoteForPasting } from '../netfilter/words.ts';

/** Bytes that begin what people have beside texts, and what to do with it. */
interface Binary {
  readonly magic: string;
  /** Where it stands; 0 without it. */
  readonly at?: number;
  readonly what: string;
  /** Of what holds a text: the words that unpack it. */
  readonly unpack?: string;
  readonly advice?: string;
}

const UNPACK = 'unpack it first, and name what is in it';
const COPY = 'copy the text that it shows';

const BINARIES: readonly Binary[] = [
  { magic: '\x1f\x8b', what: 'is compressed by gzip', unpack: 'gunzip -c' },
  { magic: '\x28\xb5\x2f\xfd', what: 'is compressed by zstd', unpack: 'zstd -dc' },
  { magic: '\xfd7zXZ\0', what: 'is compressed by xz', unpack: 'xz -dc' },
  { magic: 'BZh', what: 'is compressed by bzip2', unpack: 'bzip2 -dc' },
  { magic: 'PK\x03\x04', what: 'is a ZIP archive', advice: UNPACK },
  { magic: 'ustar', at: 257, what: 'is a tar archive', advice: UNPACK },
  { magic: '%PDF-', what: 'is a PDF', advice: COPY },
  { magic: '\x89PNG', what: 'is a picture', advice: COPY },
  { magic: '\xff\xd8\xff', what: 'is a picture', advice: COPY },
  { magic: 'GIF8', what: 'is a picture', advice: COPY },
  { magic: '\xd4\xc3\xb2\xa1', what: 'is a capture of packets', advice: 'they are no rules; conntrack -L and iptables-save are read' },
  { magic: '\x0a\x0d\x0d\x0a', what: 'is a capture of packets', advice: 'they are no rules; conntrack -L and iptables-save are read' },
  { magic: '\x7fELF', what: 'is a program, not text' },
];

/** Why bytes are no text; `file` is what they were read from, undefined where they are a text as far as they tell. */
export function whyNoText(bytes: Buffer, file: string): string | undefined {
  const known = BINARIES.find(({ magic, at = 0 }) => bytes.subarray(at, at + magic.length).equals(Buffer.from(magic, 'latin1')));
  if (known !== undefined) {
    const from = file === '-' ? '' : ` ${quoteForPasting(file)}`;
    const advice = known.unpack === undefined ? known.advice : `unpack it first: ${known.unpack}${from} | istio-init check`;
    return advice === undefined ? known.what : `${known.what}; ${advice}`;
  }
  // A zero byte is in no text that is read here.
  return utf16Of(bytes) === undefined && bytes.subarray(0, 65536).includes(0) ? 'is binary, not text' : undefined;
}

/** The text of bytes, or of their beginning. */
export function textOf(bytes: Buffer): string {
  const wide = utf16Of(bytes);
  return wide === undefined ? bytes.toString('utf8') : new TextDecoder(wide).decode(bytes);
}

/** Pieces of a text as UTF-8, whatever they were. */
export async function* asUtf8(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let isFirst = true;
  for await (const piece of pieces) {
    const wide = isFirst ? utf16Of(piece) : undefined;
    if (wide !== undefined) decoder = new TextDecoder(wide);
    isFirst = false;
    yield decoder === undefined ? piece : Buffer.from(decoder.decode(piece, { stream: true }));
  }
}

/** What PowerShell's `>` writes: two bytes for each character, with a mark of their order before them or not. */
function utf16Of(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  // Without the mark: texts of this kind are nearly all ASCII, of which every second byte is zero.
  const head = bytes.subarray(0, 256);
  const zeros = (from: number): number => head.filter((byte, at) => byte === 0 && at % 2 === from).length;
  const half = head.length / 2;
  if (head.length < 8 || bytes.length % 2 === 1) return undefined;
  if (zeros(1) > half * 0.7 && zeros(0) === 0) return 'utf-16le';
  return zeros(0) > half * 0.7 && zeros(1) === 0 ? 'utf-16be' : undefined;
}
