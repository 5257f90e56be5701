/** Words of nft that ask what a known match asks: for walking packets, while listings keep the words. */

import type { Match } from '../rule/match.ts';
import { match } from '../rule/match.ts';

type Plain = (found: RegExpExecArray) => readonly Match[] | undefined;

const PORTS = 0xffff;

const PLAIN: readonly (readonly [RegExp, Plain])[] = [
  [
    /^(tcp|udp) ([sd])port ([<>]=?) (\d{1,5})$/,
    ([, protocol = '', end, operator = '', number]) => portMatches(protocol, end, operator, Number(number)),
  ],
  [/^fib ([sd])addr type local$/, ([, end]) => [match(end === 's' ? 'source-type' : 'destination-type', ['LOCAL'])]],
  // A packet has one state: of two bits at once it is always another number.
  [/^ct state != (\w+(?: \| \w+)+)$/, ([, states = '']) => (new Set(states.split(' | ')).size > 1 ? [] : undefined)],
];

function portMatches(protocol: string, end: string | undefined, operator: string, number: number): readonly Match[] | undefined {
  const first = operator === '>' ? number + 1 : operator === '>=' ? number : 0;
  const last = operator === '<' ? number - 1 : operator === '<=' ? number : PORTS;
  if (first > last) return undefined;
  return [match('protocol', protocol), match(end === 's' ? 'source-port' : 'destination-port', { first, last })];
}

/** The matches that ask the same; the match itself where none does. */
export function plainMatches(one: Match): readonly Match[] {
  if (one.kind !== 'opaque') return [one];
  for (const [pattern, plain] of PLAIN) {
    const found = pattern.exec(one.text);
    const matches = found === null ? undefined : plain(found);
    if (matches !== undefined) return matches;
  }
  return [one];
}
