/** A golden case: a command line in a pod, and what the program of each release makes of it. Its form is that of golden/. */

import { quoted } from '../../problems.ts';
import { KNOWN } from '../../releases/every-release.ts';
import type { Release } from '../../releases/known.ts';
import type { KernelState, Store } from './kernel-state.ts';
import { EMPTY_STATE } from './kernel-state.ts';

/** Which programs of iptables are on the search path. */
export const BACKENDS = ['nft', 'legacy', 'both', 'plain', 'none'] as const;

export type CaseBackend = (typeof BACKENDS)[number];

/** Whose rights the program has: root with NET_ADMIN and NET_RAW, root without, the proxy's user without any. */
const RIGHTS = ['root', 'no-admin', 'user'] as const;

export type CaseRights = (typeof RIGHTS)[number];

/** An exit code by what it means: the parser of flags, a panic and a failure differ between releases without a reason. */
export type ExitClass = 'done' | 'not redirected' | 'failed';

export interface CaseOutcome {
  readonly releases: readonly Release[];
  /** What the program found. */
  readonly before: KernelState;
  readonly exit: ExitClass;
  /** What it left; undefined where that does not matter. */
  readonly after: KernelState | undefined;
}

export interface GoldenCase {
  /** `value-b-comma` */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly nameservers: readonly string[];
  readonly backend: CaseBackend;
  readonly rights: CaseRights;
  readonly twice: boolean;
  readonly route: string;
  readonly outcomes: readonly CaseOutcome[];
}

/** The meaning of an exit code. */
export function exitClassOf(code: number | undefined): ExitClass {
  return code === 0 ? 'done' : code === 126 ? 'not redirected' : 'failed';
}

/** What is wrong with a case, and where in it: `outcomes[1].exit`. */
export class CaseFault extends Error {
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], reason: string) {
    super(reason);
    this.path = path;
  }
}

type Path = readonly (string | number)[];

/**
 * Reads a case from the data of its file. One without a backend holds rules alone, as all releases make them: it is a case
 * for nft and one for legacy. Throws a CaseFault.
 */
export function readCase(name: string, data: unknown): readonly GoldenCase[] {
  const top = mapping(data, []);
  const base = {
    name,
    args: texts(top['args'], ['args']),
    env: Object.fromEntries(Object.entries(mapping(top['env'] ?? {}, ['env'])).map(([key, value]) => [key, text(value, ['env', key])])),
    addresses: texts(top['addresses'], ['addresses']).map((one, at) => plain(one, /^[\da-f.:]+(\/\d+)?$/, ['addresses', at])),
    nameservers: texts(top['nameservers'], ['nameservers']).map((one, at) => plain(one, /^\S+$/, ['nameservers', at])),
    rights: oneOf(top['rights'] ?? 'root', RIGHTS, ['rights']),
    twice: top['twice'] === true,
    route: plain(text(top['route'] ?? '', ['route']), /^(|(default|[\da-f.:]+(\/\d+)?)( via [\da-f.:]+)? dev \w+)$/, ['route']),
  };
  const backends = top['backend'] === undefined ? (['nft', 'legacy'] as const) : [oneOf(top['backend'], BACKENDS, ['backend'])];
  const outcomes = sequence(top['outcomes'], ['outcomes']);
  return backends.map((backend) => ({
    ...base,
    backend,
    outcomes: outcomes.map((outcome, at) => readOutcome(outcome, storeOf(backend), ['outcomes', at])),
  }));
}

/** Where the rules of an outcome are, if it does not say so. */
function storeOf(backend: CaseBackend): Store {
  return backend === 'legacy' ? 'legacy' : 'nft';
}

function readOutcome(data: unknown, store: Store, path: Path): CaseOutcome {
  const outcome = mapping(data, path);
  const code = outcome['exit'] ?? (outcome['error'] === true ? 1 : 0);
  if (typeof code !== 'number') throw new CaseFault([...path, 'exit'], 'must be a number');
  const exit = exitClassOf(code);
  const before = outcome['before'] === undefined ? EMPTY_STATE : readState(mapping(outcome['before'], [...path, 'before']), store, path);
  const releases = sequence(outcome['releases'], [...path, 'releases']).flatMap((one, at) =>
    readReleases(text(one, [...path, 'releases', at]), [...path, 'releases', at]),
  );
  const after = outcome['unchanged'] === true ? before : exit === 'done' ? readState(outcome, store, path) : undefined;
  return { releases, before, exit, after };
}

/** `1.9.6 - 1.9.9` or `1.20.0`. */
function readReleases(range: string, path: Path): readonly Release[] {
  const [first = '', last = first] = range.split(' - ');
  const [from, to] = [KNOWN.indexOf(first), KNOWN.indexOf(last)];
  if (from < 0 || to < from) throw new CaseFault(path, `${quoted(range)} is no known release, nor a range such as 1.9.6 - 1.9.9`);
  return KNOWN.slice(from, to + 1);
}

// The lines that come before a run are arguments of `ip` there: those of a state, and nothing else.
const ROUTING: Readonly<Record<string, RegExp>> = {
  rule: /^(fwmark \d+ )?lookup \d+$/,
  route: /^local default dev lo table \d+$/,
  addr: /^::6\/128 dev lo$/,
};

function readState(data: Readonly<Record<string, unknown>>, store: Store, path: Path): KernelState {
  const at = data['in'] === undefined ? store : oneOf(data['in'], ['nft', 'legacy'], [...path, 'in']);
  const saves = (one: Readonly<Record<string, unknown>>): { ip: string; ip6: string } => ({
    ip: text(one['ip'] ?? '', [...path, 'ip']),
    ip6: text(one['ip6'] ?? '', [...path, 'ip6']),
  });
  const legacy = data['legacy'] === undefined ? undefined : saves(mapping(data['legacy'], [...path, 'legacy']));
  return {
    rules: { ...EMPTY_STATE.rules, [at]: saves(data), ...(legacy === undefined ? {} : { legacy }) },
    host: Object.fromEntries(
      Object.entries(mapping(data['host'] ?? {}, [...path, 'host'])).map(([command, lines]) => {
        const kind = /^ip(?: -6)? (rule|route|addr)$/.exec(command)?.[1];
        const form = kind === undefined ? undefined : ROUTING[kind];
        if (form === undefined) throw new CaseFault([...path, 'host', command], 'must be ip rule, ip route or ip addr, or one with -6');
        const where = [...path, 'host', command];
        return [command, texts(lines, where).map((line, index) => plain(line, form, [...where, index]))];
      }),
    ),
    native: text(data['native'] ?? '', [...path, 'native']),
    other: text(data['other'] ?? '', [...path, 'other']),
  };
}

function mapping(data: unknown, path: Path): Readonly<Record<string, unknown>> {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new CaseFault(path, 'must be a mapping');
  return data as Readonly<Record<string, unknown>>;
}

function sequence(data: unknown, path: Path): readonly unknown[] {
  if (!Array.isArray(data)) throw new CaseFault(path, 'must be a list');
  return data;
}

function text(data: unknown, path: Path): string {
  if (typeof data !== 'string') throw new CaseFault(path, 'must be a text');
  return data;
}

function texts(data: unknown, path: Path): readonly string[] {
  return sequence(data, path).map((one, at) => text(one, [...path, at]));
}

function plain(value: string, form: RegExp, path: Path): string {
  if (!form.test(value)) throw new CaseFault(path, `${quoted(value)} is not of the form that is expected here`);
  return value;
}

function oneOf<V extends string>(data: unknown, allowed: readonly V[], path: Path): V {
  const found = allowed.find((one) => one === data);
  if (found === undefined) throw new CaseFault(path, `must be one of ${allowed.join(', ')}`);
  return found;
}
