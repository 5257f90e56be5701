/**
 * IPv6 addresses as eight groups of 16 bits. By hand, where a library would do: nearly every pod has such an address, and
 * to load one took an init container a tenth of its run.
 */

/** The groups of an address in any of the spellings that inet_pton takes; null for anything else. */
export function parseIp6(text: string): readonly number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [front, back] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (front === undefined || front === null || back === null) return null;
  if (back === undefined) return front.length === GROUPS ? front : null;
  const zeros = GROUPS - front.length - back.length;
  return zeros < 1 ? null : [...front, ...Array.from({ length: zeros }, () => 0), ...back];
}

const GROUPS = 8;

/** Groups between colons; an IPv4 address may stand for the last two of an address. */
function groupsOf(text: string, last: boolean): readonly number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups = parts.flatMap((part, index) => {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) return [Number.parseInt(part, 16)];
    return last && index === parts.length - 1 ? dottedGroups(part) : [Number.NaN];
  });
  return groups.some(Number.isNaN) ? null : groups;
}

function dottedGroups(text: string): readonly number[] {
  const octets = text.split('.');
  const valid = octets.length === 4 && octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256);
  if (!valid) return [Number.NaN];
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** As glibc's inet_ntop prints it, and iptables with it: the longest run of zeros left out, v4-mapped and v4-compatible addresses dotted. */
export function printIp6(groups: readonly number[]): string {
  const { start, length } = longestZeros(groups);
  const dotted = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff));
  const tail = dotted
    ? [
        groups
          .slice(6)
          .flatMap((group) => [group >> 8, group & 0xff])
          .join('.'),
      ]
    : [];
  const words = [...groups.slice(0, dotted ? 6 : GROUPS).map((group) => group.toString(16)), ...tail];
  if (length < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < GROUPS; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > longest.length) longest = { start, length };
    start += length;
  }
  return longest;
}

/** The address with all bits behind a prefix zero. */
export function maskIp6(groups: readonly number[], prefix: number): readonly number[] {
  return groups.map((group, index) => {
    const kept = Math.min(16, Math.max(0, prefix - index * 16));
    return group & (0xffff << (16 - kept)) & 0xffff;
  });
}
