/** A rule that a packet met, in words. */

import { printMatch, printRule } from '../../netfilter/print.ts';
import type { Match } from '../../netfilter/rule/match.ts';
import type { Change, Field, FieldValue, MatchAnswer, RuleStep } from '../../netfilter/trace/result.ts';

/** The rule as iptables-save prints it; what its form does not show is said. */
export function ruleText({ rule }: Pick<RuleStep, 'rule'>): string {
  const hides = rule.matches.some(({ kind }) => kind === 'unknown');
  return `${printRule(rule)}${hides ? '  (its interfaces are not shown)' : ''}`;
}

const FIELDS: Readonly<Record<Field, string>> = {
  protocol: 'protocol',
  source: 'source',
  destination: 'destination',
  sourcePort: 'source port',
  destinationPort: 'port',
  inInterface: 'interface it came in by',
  outInterface: 'interface it leaves by',
  uid: 'uid',
  gid: 'gid',
  state: 'state',
  mark: 'mark',
  connmark: 'mark of its connection',
  socket: 'socket',
  zone: 'conntrack zone',
};

/** The match that did not hold, and what the packet has there: `-s 127.0.0.6/32: its source is 192.0.2.1`. */
export function failureText({ match, field, value }: MatchAnswer): string {
  return `${matchText(match)}: ${field === undefined ? 'it is not understood' : valueText(field, value)}`;
}

function matchText(match: Match): string {
  switch (match.kind) {
    case 'opaque':
      return match.text;
    case 'unknown':
      return 'interfaces that are not shown';
    default:
      return printMatch(match);
  }
}

function valueText(field: Field, value: FieldValue): string {
  if (field === 'socket') return value === true ? 'a socket waits for it' : 'no such socket';
  if (field === 'inInterface') return value === null ? 'it was made here' : `it came in by ${value ?? 'an interface that is not known'}`;
  if (field === 'outInterface')
    return value === null ? 'it does not leave here' : `it leaves by ${value ?? 'an interface that is not known'}`;
  if (value === undefined) return `its ${FIELDS[field]} is not known`;
  return value === null ? `it has no ${FIELDS[field]}` : `its ${FIELDS[field]} is ${value}`;
}

/** What a rule did to the packet: `destination 10.0.0.5 -> 127.0.0.1, port 80 -> 15001`. */
export function changesText(changes: readonly Change[]): string {
  return changes.map(({ field, from, to }) => `${FIELDS[field]} ${from ?? 'unknown'} -> ${to ?? 'unknown'}`).join(', ');
}
