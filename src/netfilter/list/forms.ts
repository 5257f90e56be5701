/**
 * How a listing (`iptables -L`) shows matches and targets: one table that drives printing and reading.
 * Measured with iptables 1.8.9, nft and legacy, which print the same; the readers take older spellings as well.
 */

import { ALL_BITS, hex, printMasked } from '../numbers.ts';
import type { MatchKind } from '../rule/match.ts';
import type { TargetName, TargetValues } from '../rule/target.ts';
import { quotePrefix } from '../rule/target.ts';

/** The words that show a match: `{}` is its value, `{s}` an `s` where the value is a range. */
export interface ListedWords {
  readonly plain: string;
  /** Left out where the match can't be negated. */
  readonly negated?: string;
}

/** `column`: the match has a column of its own before all words. */
export const LISTED_MATCHES: { readonly [K in MatchKind]: 'column' | ListedWords } = {
  source: 'column',
  destination: 'column',
  'in-interface': 'column',
  'out-interface': 'column',
  protocol: 'column',
  'source-port': { plain: 'spt{s}:{}', negated: 'spt{s}:!{}' },
  'destination-port': { plain: 'dpt{s}:{}', negated: 'dpt{s}:!{}' },
  'source-ports': { plain: 'multiport sports {}', negated: 'multiport sports  !{}' },
  'destination-ports': { plain: 'multiport dports {}', negated: 'multiport dports  !{}' },
  'either-ports': { plain: 'multiport ports {}', negated: 'multiport ports  !{}' },
  'uid-owner': { plain: 'owner UID match {}', negated: '! owner UID match {}' },
  'gid-owner': { plain: 'owner GID match {}', negated: '! owner GID match {}' },
  'conntrack-state': { plain: 'ctstate {}', negated: '! ctstate {}' },
  state: { plain: 'state {}', negated: '! state {}' },
  mark: { plain: 'mark match {}', negated: 'mark match ! {}' },
  connmark: { plain: 'connmark match  {}', negated: 'connmark match ! {}' },
  'source-type': { plain: 'ADDRTYPE match src-type {}', negated: 'ADDRTYPE match src-type !{}' },
  'destination-type': { plain: 'ADDRTYPE match dst-type {}', negated: 'ADDRTYPE match dst-type !{}' },
  socket: { plain: 'socket' },
  comment: { plain: '/* {} */' },
};

/** The words that show a target. Reading gives the options that iptables-save would print. */
interface ListedTarget<V> {
  readonly print: (value: V) => string;
  /** How the words begin, so that words with an addition that is not known here can be told from a match. */
  readonly begins: string;
  /** All words of the target, single spaces between them. */
  readonly words: RegExp;
  readonly options: (found: RegExpExecArray) => readonly (readonly [option: string, value: string | undefined])[];
}

const to = { begins: 'to:', words: /^to:(\S+)$/, print: (value: { readonly to: string }): string => `to:${value.to}` };

export const LISTED_TARGETS: { readonly [K in TargetName]: ListedTarget<TargetValues[K]> } = {
  REDIRECT: {
    begins: 'redir',
    words: /^redir ports (\S+)$/,
    options: (found) => [['--to-ports', found[1]]],
    print: (value) => ('any' in value ? '' : `redir ports ${value.first === value.last ? value.first : `${value.first}-${value.last}`}`),
  },
  TPROXY: {
    begins: 'TPROXY',
    words: /^TPROXY redirect (\S+):(\d+) mark (\S+)$/,
    options: (found) => [
      ['--on-ip', found[1]],
      ['--on-port', found[2]],
      ['--tproxy-mark', found[3]],
    ],
    print: ({ address, port, mark }) => `TPROXY redirect ${address}:${port} mark ${hex(mark.value)}/${hex(mark.mask)}`,
  },
  MARK: {
    begins: 'MARK',
    words: /^MARK (set|xset|and|or|xor) (\S+)$/,
    options: (found) => [markOption(found[1], found[2])],
    print: (value) => listMark('MARK', value),
  },
  CONNMARK: {
    begins: 'CONNMARK',
    words:
      /^CONNMARK (?:(save|restore)(?: mask (\S+)| nfmask (\S+) ctmask ~(\S+)| ctmask (\S+) nfmask ~(\S+))?|(set|xset|and|or|xor) (\S+))$/,
    options: (found) =>
      found[1] === undefined
        ? [markOption(found[7], found[8])]
        : [
            [`--${found[1]}-mark`, ''],
            ['--mask', found[2]],
            ['--nfmask', found[3] ?? found[6]],
            ['--ctmask', found[4] ?? found[5]],
          ],
    print: listConnmark,
  },
  CT: { begins: 'CT', words: /^CT zone (\d+)$/, options: (found) => [['--zone', found[1]]], print: ({ zone }) => `CT zone ${zone}` },
  REJECT: {
    begins: 'reject-with',
    words: /^reject-with (\S+)$/,
    options: (found) => [['--reject-with', found[1]]],
    print: (value) => `reject-with ${value.with}`,
  },
  DNAT: { ...to, options: (found) => [['--to-destination', found[1]]] },
  SNAT: { ...to, options: (found) => [['--to-source', found[1]]] },
  NFLOG: {
    begins: 'nflog-',
    words: /^(?=nflog-)(?:nflog-prefix +("(?:[^"\\]|\\.)*"|\S+) ?)?(?:nflog-group (\d+) ?)?(?:nflog-size (\d+))?$/,
    options: (found) => [
      ['--nflog-prefix', found[1]],
      ['--nflog-group', found[2]],
      ['--nflog-size', found[3]],
    ],
    print: ({ prefix, group, size }) =>
      [
        prefix === '' ? '' : `nflog-prefix ${quotePrefix(prefix)}`,
        group === 0 ? '' : `nflog-group ${group}`,
        size === 0 ? '' : `nflog-size ${size}`,
      ]
        .filter((part) => part !== '')
        .join(' '),
  },
};

// The order of these questions is iptables' own: a mark of zero is an `and`, even where it sets all bits.
function listMark(name: 'MARK' | 'CONNMARK', { value, mask }: TargetValues['MARK']): string {
  if (value === 0) return `${name} and ${hex(~mask >>> 0)}`;
  if (value === mask) return `${name} or ${hex(value)}`;
  if (mask === 0) return `${name} xor ${hex(value)}`;
  return mask === ALL_BITS ? `${name} set ${hex(value)}` : `${name} xset ${printMasked({ value, mask })}`;
}

function markOption(word: string | undefined, value: string | undefined): [string, string | undefined] {
  return [word?.endsWith('set') ? '--set-xmark' : `--${word}-mark`, value];
}

function listConnmark(value: TargetValues['CONNMARK']): string {
  if (value.action === 'set') return listMark('CONNMARK', value);
  const { action, nfmask, ctmask } = value;
  if (nfmask === ALL_BITS && ctmask === ALL_BITS) return `CONNMARK ${action}`;
  if (nfmask === ctmask) return `CONNMARK ${action} mask ${hex(nfmask)}`;
  return action === 'save'
    ? `CONNMARK save nfmask ${hex(nfmask)} ctmask ~${hex(ctmask)}`
    : `CONNMARK restore ctmask ${hex(ctmask)} nfmask ~${hex(nfmask)}`;
}
