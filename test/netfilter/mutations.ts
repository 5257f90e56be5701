/** Damaged listings and saves without number: the same ones in every run. */

/** Numbers from 0 up to, but without, `limit`. */
export type Random = (limit: number) => number;

/** Marsaglia's xorshift32: fast, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

// Words and options that mean something somewhere, and numbers out of range.
const WORDS = [
  ...['-A', '-I', '-D', '-R', '-N', '-X', '-P', '-E', '-F', '-j', '-g', '-m', '-p', '-s', '-d', '-i', '-o', '!', '-c', '-t', '-f', '-4'],
  ...['--dport', '--dports', '--uid-owner', '--gid-owner', '--ctstate', '--mark', '--to-ports', '--comment', '--zone', '--set-xmark'],
  ...['ISTIO_INBOUND', 'OUTPUT', 'RETURN', 'REDIRECT', 'TPROXY', 'DNAT', 'tcp', 'udp', 'all', 'owner', 'multiport', 'conntrack', 'socket'],
  ...['65536', '-1', '99999999999999999999', '0x', '08', '1e9', '300.1.1.1', '10.0.0.0/33', '::1/129', '1:2:3', '0', '65535:1', '1337K'],
  ...['Chain', '(policy', 'ACCEPT)', 'references)', 'target', 'prot', 'opt', 'source', 'destination', 'pkts', 'num', 'dpt:', 'match', '--'],
  ...['*nat', '*mangle', '* raw', 'COMMIT', ':X', '-', '[0:0]', '[x:y]', '"', "'", '\\', '/*', '*/', '[goto]', '__proto__', 'constructor'],
  ...[
    '\u001b[31m',
    '&gt;',
    '&#x41;',
    '<br>',
    '<td>',
    '```',
    '{"log":"',
    '\r',
    '\u0000',
    '\u00a0',
    '\u201c',
    '\u2013dport',
    '\ud800',
    '$',
    '#',
  ],
  ...['iptables -t nat -S', 'ip6tables-save', 'iptables: command not found', 'Permission denied (you must be root)'],
];

type Damage = (lines: string[], random: Random) => void;

const at = (lines: readonly string[], random: Random): number => random(lines.length);

const onLine =
  (change: (line: string, random: Random) => string): Damage =>
  (lines, random) => {
    const index = at(lines, random);
    lines[index] = change(lines[index] ?? '', random);
  };

const DAMAGES: readonly Damage[] = [
  (lines, random) => lines.splice(at(lines, random), 1 + random(4)),
  (lines, random) => lines.splice(at(lines, random), 0, lines[at(lines, random)] ?? ''),
  (lines, random) => {
    const [one, other] = [at(lines, random), at(lines, random)];
    [lines[one], lines[other]] = [lines[other] ?? '', lines[one] ?? ''];
  },
  // The copy of a terminal ends in the middle of a line.
  (lines, random) => {
    lines.length = 1 + at(lines, random);
    lines.push((lines.pop() ?? '').slice(0, random(40)));
  },
  onLine((line, random) => line.slice(random(line.length + 1))),
  onLine((line, random) => line.slice(0, random(line.length + 1))),
  onLine((line, random) => {
    const index = random(line.length + 1);
    return line.slice(0, index) + String.fromCharCode((line.charCodeAt(index) || 0) ^ (1 << random(8))) + line.slice(index + 1);
  }),
  onLine((line, random) => {
    const index = random(line.length + 1);
    return line.slice(0, index) + WORDS[random(WORDS.length)] + line.slice(index);
  }),
  onLine((line, random) => {
    const words = line.split(' ');
    words.splice(random(words.length + 1), random(2), WORDS[random(WORDS.length)] ?? '');
    return words.join(' ');
  }),
  onLine((line, random) => line.replace(/\d+/, () => ['65536', '4294967296', '-1', '00', '0x1g', '7.5'][random(6)] ?? '')),
];

/** A text with one to four damages. */
export function damaged(text: string, random: Random): string {
  const lines = text.split('\n');
  for (let left = 1 + random(4); left > 0; left -= 1) {
    if (lines.length === 0) lines.push('');
    DAMAGES[random(DAMAGES.length)]?.(lines, random);
  }
  return lines.join('\n');
}
