/** The numbers that matches and targets carry: ports, owners, marks; and how iptables reads them. */

/** One port (`first` equals `last`) or a range, both ends included; or a service whose number is not known here. */
export type PortRange = { readonly first: number; readonly last: number } | { readonly service: string };

/** User or group ids, both ends included; or a name whose id is not known here. */
export type OwnerRange = { readonly first: number; readonly last: number } | { readonly name: string };

/** A 32-bit value and the bits of it that count. */
export interface Masked {
  readonly value: number;
  readonly mask: number;
}

export const ALL_BITS = 0xffffffff;

/** One port. */
export function port(number: number): PortRange {
  return { first: number, last: number };
}

/**
 * Reads a number as strtoul(3) with base 0 does, which is how iptables reads every number: decimal,
 * `0x` hexadecimal, octal after a leading zero (so `080` is none). Null when it is not one or above `max`.
 */
export function parseNumber(text: string, max: number): number | null {
  if (!/^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.test(text)) return null;
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return value <= max ? value : null;
}

/**
 * Reads what `--dport` takes: a number, `a:b`, `a:`, `:b`, or the name of a service.
 * Null for anything that iptables refuses: a range that runs backwards, a number above 65535, `080`.
 */
export function parsePortRange(text: string): PortRange | null {
  const parts = text.split(':');
  if (parts.length > 2) return null;
  if (parts.length === 1) {
    const number = parseNumber(text, 65535);
    if (number !== null) return port(number);
    return /^[A-Za-z][A-Za-z0-9-]*$/.test(text) ? { service: text } : null;
  }
  const [low = '', high = ''] = parts;
  const first = low === '' ? 0 : parseNumber(low, 65535);
  const last = high === '' ? 65535 : parseNumber(high, 65535);
  return first === null || last === null || first > last ? null : { first, last };
}

/** As iptables-save prints it: `80`, `8000:8099`, or the service's name. */
export function printPortRange(range: PortRange): string {
  return 'service' in range ? range.service : rangeText(range, ':');
}

/** One number, or two with a word between them. */
export function rangeText({ first, last }: { readonly first: number; readonly last: number }, to: string): string {
  return first === last ? `${first}` : `${first}${to}${last}`;
}

/** Reads what `--uid-owner` takes: an id, `a-b`, or a name of letters, digits, `_`, `-` and `.`. */
export function parseOwnerRange(text: string): OwnerRange | null {
  const ids = text.split('-').map((part) => parseNumber(part, ALL_BITS - 1));
  const [first = null, last = first] = ids;
  if (first !== null && last !== null && ids.length <= 2) return first > last ? null : { first, last };
  return /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(text) ? { name: text } : null;
}

/** As iptables-save prints it: `1337`, `1000-1999`, or the name. */
export function printOwnerRange(range: OwnerRange): string {
  return 'name' in range ? range.name : rangeText(range, '-');
}

/** Reads `0x539`, `1337` or `0x539/0xff`. Null when it is not one. */
export function parseMasked(text: string): Masked | null {
  const [valueText = '', maskText, rest] = text.split('/');
  const value = parseNumber(valueText, ALL_BITS);
  const mask = maskText === undefined ? ALL_BITS : parseNumber(maskText, ALL_BITS);
  return value === null || mask === null || rest !== undefined ? null : { value, mask };
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** `0x539`, and with the mask behind it where that is not all bits. */
export function printMasked({ value, mask }: Masked): string {
  return mask === ALL_BITS ? hex(value) : `${hex(value)}/${hex(mask)}`;
}
