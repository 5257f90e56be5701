/** What a rule does with a packet that matched. */

import { everywhere, parseNetwork } from '../address/network.ts';
import type { Family } from '../family.ts';
import type { Masked } from '../numbers.ts';
import { ALL_BITS, hex, parseMasked, parseNumber } from '../numbers.ts';
import { printChainName } from '../words.ts';

/** The kinds of target that carry values of their own, by the name that `-j` takes. */
export interface TargetValues {
  REDIRECT: { readonly first: number; readonly last: number } | { readonly any: true };
  TPROXY: { readonly port: number; readonly address: string; readonly mark: Masked };
  /** `mark = (mark & ~mask) ^ value`. */
  MARK: Masked;
  /** `set` changes the flow's mark as MARK does that of the packet; the others copy between the two. */
  CONNMARK:
    | { readonly action: 'save' | 'restore'; readonly nfmask: number; readonly ctmask: number }
    | ({ readonly action: 'set' } & Masked);
  CT: { readonly zone: number };
  REJECT: { readonly with: string };
  DNAT: { readonly to: string };
  SNAT: { readonly to: string };
  NFLOG: { readonly prefix: string; readonly group: number; readonly size: number };
}

export type TargetName = keyof TargetValues;

export type ValuedTarget = { [K in TargetName]: { readonly kind: K; readonly value: TargetValues[K] } }[TargetName];

export type Verdict = 'ACCEPT' | 'DROP' | 'RETURN' | 'QUEUE';

export type Target =
  | ValuedTarget
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** `-j CHAIN` comes back to the next rule; `-g CHAIN` (`goto`) to the caller of this chain. */
  | { readonly kind: 'jump'; readonly chain: string; readonly goto: boolean }
  /** A rule without `-j`: it only counts. */
  | { readonly kind: 'none' }
  /** A target that is not understood, word for word (`LOG --log-prefix "x"`); `listed`: in words of a listing, which no command takes. */
  | { readonly kind: 'opaque'; readonly name: string; readonly text: string; readonly listed?: true };

export const VERDICTS: readonly Verdict[] = ['ACCEPT', 'DROP', 'RETURN', 'QUEUE'];

/** How a target with values is written. `options` says how many words follow each option. */
interface TargetForm<V> {
  readonly options: Readonly<Record<string, 0 | 1>>;
  readonly read: (given: ReadonlyMap<string, string>, family: Family) => V | null;
  readonly print: (value: V) => string;
}

const MARK_OPTIONS = { '--set-xmark': 1, '--set-mark': 1, '--or-mark': 1, '--and-mark': 1, '--xor-mark': 1 } as const;

export const TARGET_FORMS: { readonly [K in TargetName]: TargetForm<TargetValues[K]> } = {
  REDIRECT: {
    options: { '--to-ports': 1, '--to-port': 1 },
    read: (given) => readToPorts(given.get('--to-ports') ?? given.get('--to-port')),
    print: (value) => ('any' in value ? '' : `--to-ports ${value.first === value.last ? value.first : `${value.first}-${value.last}`}`),
  },
  TPROXY: {
    options: { '--on-port': 1, '--on-ip': 1, '--tproxy-mark': 1 },
    read: (given, family) => {
      const port = parseNumber(given.get('--on-port') ?? '', 65535);
      const mark = parseMasked(given.get('--tproxy-mark') ?? '0/0');
      const address = given.get('--on-ip') ?? everywhere(family).address;
      return port === null || mark === null || !isAddress(address, family) ? null : { port, address, mark };
    },
    print: ({ port, address, mark }) => `--on-port ${port} --on-ip ${address} --tproxy-mark ${hex(mark.value)}/${hex(mark.mask)}`,
  },
  MARK: {
    options: MARK_OPTIONS,
    read: readMark,
    print: printXmark,
  },
  CONNMARK: {
    options: { ...MARK_OPTIONS, '--save-mark': 0, '--restore-mark': 0, '--nfmask': 1, '--ctmask': 1, '--mask': 1 },
    read: readConnmark,
    print: (value) =>
      value.action === 'set' ? printXmark(value) : `--${value.action}-mark --nfmask ${hex(value.nfmask)} --ctmask ${hex(value.ctmask)}`,
  },
  CT: {
    options: { '--zone': 1 },
    read: (given) => {
      const zone = parseNumber(given.get('--zone') ?? '', 65535);
      return zone === null ? null : { zone };
    },
    print: ({ zone }) => `--zone ${zone}`,
  },
  REJECT: {
    options: { '--reject-with': 1 },
    read: (given, family) => {
      const reply = given.get('--reject-with') ?? (family === 'ip' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable');
      return /^[a-z][a-z0-9-]*$/.test(reply) ? { with: reply } : null;
    },
    print: (value) => `--reject-with ${value.with}`,
  },
  DNAT: {
    options: { '--to-destination': 1 },
    read: (given) => readTo(given.get('--to-destination')),
    print: ({ to }) => `--to-destination ${to}`,
  },
  SNAT: { options: { '--to-source': 1 }, read: (given) => readTo(given.get('--to-source')), print: ({ to }) => `--to-source ${to}` },
  NFLOG: {
    options: { '--nflog-prefix': 1, '--nflog-group': 1, '--nflog-size': 1 },
    read: (given) => {
      const prefix = given.get('--nflog-prefix') ?? '';
      const group = parseNumber(given.get('--nflog-group') ?? '0', 65535);
      const size = parseNumber(given.get('--nflog-size') ?? '0', ALL_BITS);
      // 63 characters and a zero (nfnetlink_log.h: NF_LOG_PREFIXLEN is 128, xt_NFLOG keeps 64).
      return group === null || size === null || !/^\P{Cc}{0,63}$/u.test(prefix) ? null : { prefix, group, size };
    },
    print: ({ prefix, group, size }) =>
      [
        prefix === '' ? '' : `--nflog-prefix ${quotePrefix(prefix)}`,
        group === 0 ? '' : `--nflog-group ${group}`,
        size === 0 ? '' : `--nflog-size ${size}`,
      ]
        .filter((part) => part !== '')
        .join(' '),
  },
};

function isAddress(text: string, family: Family): boolean {
  return !text.includes('/') && parseNetwork(text)?.family === family;
}

/** A prefix as iptables-save prints it: bare where it is letters, digits, `_` and `-`, else in quotes. */
export function quotePrefix(prefix: string): string {
  return /^[A-Za-z0-9_-]+$/.test(prefix) ? prefix : `"${prefix.replace(/["\\']/g, '\\$&')}"`;
}

function readToPorts(text: string | undefined): TargetValues['REDIRECT'] | null {
  if (text === undefined) return { any: true };
  const [first = null, last = first, ...rest] = text.split('-').map((part) => parseNumber(part, 65535));
  return first === null || last === null || first > last || rest.length > 0 ? null : { first, last };
}

function readMark(given: ReadonlyMap<string, string>): Masked | null {
  const [[option, text] = ['', ''], ...others] = [...given];
  const masked = parseMasked(text);
  if (masked === null || others.length > 0) return null;
  const { value, mask } = masked;
  switch (option) {
    case '--set-xmark':
      return masked;
    case '--set-mark':
      return { value, mask: (value | mask) >>> 0 };
    case '--or-mark':
      return { value, mask: value };
    case '--and-mark':
      return { value: 0, mask: ~value >>> 0 };
    default:
      return { value, mask: 0 };
  }
}

function printXmark({ value, mask }: Masked): string {
  return `--set-xmark ${hex(value)}/${hex(mask)}`;
}

function readConnmark(given: ReadonlyMap<string, string>): TargetValues['CONNMARK'] | null {
  if ([...given.keys()].some((option) => Object.hasOwn(MARK_OPTIONS, option))) {
    const set = readMark(given);
    return set === null ? null : { action: 'set', ...set };
  }
  const both = parseNumber(given.get('--mask') ?? String(ALL_BITS), ALL_BITS);
  const nfmask = given.has('--nfmask') ? parseNumber(given.get('--nfmask') ?? '', ALL_BITS) : both;
  const ctmask = given.has('--ctmask') ? parseNumber(given.get('--ctmask') ?? '', ALL_BITS) : both;
  const save = given.has('--save-mark');
  if (nfmask === null || ctmask === null || save === given.has('--restore-mark')) return null;
  return { action: save ? 'save' : 'restore', nfmask, ctmask };
}

function readTo(to: string | undefined): { readonly to: string } | null {
  // iptables 1.8 and later take a base port behind a range: 15000-15010/79 sends port 79 to 15000, 80 to 15001.
  return to !== undefined && /^[0-9a-fA-F.:[\]-]+(?:\/\d{1,5})?$/.test(to) ? { to } : null;
}

/** Whether a name that `-j` takes is a target with values that are understood here. */
export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(TARGET_FORMS, name);
}

/** What stands behind `-j ` (or `-g `) for a target, in the kernel's spelling; empty for no target. */
export function printTarget(target: Target): string {
  switch (target.kind) {
    case 'none':
      return '';
    case 'verdict':
      return `-j ${target.verdict}`;
    case 'jump':
      return `${target.goto ? '-g' : '-j'} ${printChainName(target.chain)}`;
    case 'opaque':
      return `-j ${target.text}`;
    default:
      return `-j ${`${target.kind} ${printValue(target)}`.trimEnd()}`;
  }
}

function printValue<K extends TargetName>(target: { readonly kind: K; readonly value: TargetValues[K] }): string {
  return TARGET_FORMS[target.kind].print(target.value);
}
