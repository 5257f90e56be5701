/** What is used of Node's Buffer and TextDecoder where manifests are read; the build puts them in the place of the globals, and of node:buffer. */

import { decode, encode } from 'quickjs:machine';

/** Arguments of String.fromCharCode at once. */
const AT_ONCE = 8192;

export class Buffer extends Uint8Array {
  static alloc(length: number, fill = 0): Buffer {
    return new Buffer(length).fill(fill);
  }

  static allocUnsafe(length: number): Buffer {
    return new Buffer(length);
  }

  /** A text as UTF-8, or a copy of bytes. */
  static override from(source: string | ArrayLike<number> | Iterable<number>): Buffer {
    return typeof source === 'string' ? new Buffer(encode(source)) : new Buffer(source as ArrayLike<number>);
  }

  static concat(parts: readonly Uint8Array[], length = parts.reduce((sum, part) => sum + part.length, 0)): Buffer {
    const all = new Buffer(length);
    let end = 0;
    for (const part of parts) {
      all.set(part, end);
      end += part.length;
    }
    return all;
  }

  override toString(encoding: 'utf8' | 'latin1' | 'utf16le' = 'utf8', from = 0, to = this.length): string {
    const end = Math.min(to, this.length);
    if (encoding === 'utf16le') return new TextDecoder('utf-16le').decode(this.subarray(from, end));
    if (encoding === 'utf8') return decode(this.buffer as ArrayBuffer, this.byteOffset + from, this.byteOffset + end);
    let text = '';
    for (let at = from; at < end; at += AT_ONCE) text += String.fromCharCode(...this.subarray(at, Math.min(end, at + AT_ONCE)));
    return text;
  }

  override indexOf(value: number | string, from = 0): number {
    if (typeof value === 'number') return super.indexOf(value, from);
    const bytes = Buffer.from(value);
    const first = bytes[0];
    if (first === undefined) return from;
    for (let at = super.indexOf(first, from); at >= 0; at = super.indexOf(first, at + 1))
      if (bytes.every((byte, offset) => this[at + offset] === byte)) return at;
    return -1;
  }

  override lastIndexOf(value: number | string, from = this.length - 1): number {
    return super.lastIndexOf(typeof value === 'number' ? value : (Buffer.from(value)[0] ?? 0), from);
  }

  override includes(value: number | string): boolean {
    return this.indexOf(value) >= 0;
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, at) => byte === other[at]);
  }
}

/** Whether bytes are a text. */
export function isUtf8(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  return !/\p{Surrogate}/u.test(text) && bytes.equals(new Uint8Array(encode(text)));
}

export function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}

/** Of texts with two bytes a character; all others are read by Buffer. */
export class TextDecoder {
  readonly #little: boolean;

  constructor(encoding: 'utf-16le' | 'utf-16be') {
    this.#little = encoding === 'utf-16le';
  }

  decode(bytes: Uint8Array): string {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text = '';
    for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(view.getUint16(at, this.#little));
    return text.replace(/^\ufeff/, '');
  }
}
