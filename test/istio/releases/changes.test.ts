import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/istio/arguments/argument-settings.ts';
import { ProblemError } from '../../../src/istio/problems.ts';
import type { Change, Touches } from '../../../src/istio/releases/change.ts';
import type { ReleaseChange, ReleaseChanges } from '../../../src/istio/releases/changes.ts';
import { CHANGE_GROUPS, changesBetween, lastingChanges } from '../../../src/istio/releases/changes.ts';
import { NEWEST } from '../../../src/istio/releases/known.ts';
import { CHANGE_NAMES as ALL_CHANGES, CHANGES } from '../../../src/istio/releases/named-changes.ts';
import { POD_CHANGES } from '../../../src/istio/releases/pod-changes.ts';
import type { ChangeName } from '../../../src/istio/releases/profile.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { readReleaseRange } from '../../../src/istio/releases/release-range.ts';
import { valuesOf } from '../../../src/istio/settings/settings.ts';
import { CASES, expand, RELEASES } from '../../golden.ts';
import { property } from '../../property.ts';

type Values = ReturnType<typeof valuesOf>;

/** A golden case at one release: its outcome as a text, and what the release reads from its arguments. */
interface Made {
  readonly outcome: string;
  readonly values: Values | undefined;
}

interface Touched {
  readonly values: Values;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly families: readonly string[];
  readonly servers: readonly string[];
}

const tproxy = ({ values }: Touched): boolean => values.mode === 'TPROXY';
const dns = ({ values }: Touched): boolean => values['dns.capture'] !== 'off';
const ip6 = ({ families }: Touched): boolean => families.includes('ip6');
const some = (list: readonly unknown[] | '*'): boolean => list !== '*' && list.length > 0;

/** What the words of the release table mean for a golden case. */
const MEANING: Readonly<Record<Touches, (of: Touched) => boolean>> = {
  'every pod': () => true,
  'pods that capture all inbound ports': ({ values }) => values['inbound.includePorts'] === '*',
  'pods that capture some inbound ports, or none': ({ values }) => values['inbound.includePorts'] !== '*',
  'pods that drop invalid packets': ({ values }) => values.dropInvalid,
  'pods in TPROXY mode': tproxy,
  'pods in TPROXY mode or with an IPv6 address': (of) => tproxy(of) || ip6(of),
  'pods in mode NONE': () => false,
  'pods on OpenShift': () => false,
  'pods on OpenShift in TPROXY mode': () => false,
  'pods with an IPv6 address': ip6,
  'pods with an IPv6 address and TPROXY, DNS capture or rerouted interfaces': (of) =>
    ip6(of) && (tproxy(of) || dns(of) || some(of.values['interfaces.reroute'])),
  'pods without an IPv6 address': (of) => !ip6(of),
  'pods with dual stack': ({ values }) => values.dualStack,
  'pods with a link-local address in front': () => false,
  'pods with DNS capture': dns,
  'pods with DNS capture of listed servers': (of) => dns(of) && of.values['dns.capture'] === 'servers' && of.servers.length > 0,
  'pods with DNS capture and no nameserver': (of) => dns(of) && of.servers.length === 0,
  'pods with excluded outbound ports': ({ values }) => some(values['outbound.excludePorts']),
  'pods with included outbound ports': ({ values }) => some(values['outbound.includePorts']),
  'pods with included outbound ports and an IPv6 address': (of) => some(of.values['outbound.includePorts']) && ip6(of),
  'pods with outbound ranges': ({ values }) => some(values['outbound.includeRanges']) || some(values['outbound.excludeRanges']),
  'pods with included outbound ranges': ({ values }) => some(values['outbound.includeRanges']),
  'pods with a loopback address in the included ranges': ({ values }) =>
    values['outbound.includeRanges'] !== '*' && values['outbound.includeRanges'].some(({ address }) => /^127\.|^::1$/.test(address)),
  'pods with a loopback range of their own': ({ env }) => 'ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR' in env,
  'pods with outbound owner groups': ({ env }) => Object.keys(env).some((name) => name.startsWith('ISTIO_OUTBOUND_OWNER_GROUPS')),
  'pods with excluded interfaces': ({ values }) => some(values['interfaces.exclude']),
  'pods with rerouted interfaces': ({ values }) => some(values['interfaces.reroute']),
  // No golden case is of the plugin, and none has annotations.
  'pods with the CNI plugin': () => false,
  'users of the annotation': () => false,
  'pods with trace logging': ({ args }) => args.includes('--iptables-trace-logging'),
  'every caller': () => true,
  'users of the flag': ({ args }) => args.some((arg) => arg.startsWith('-')),
  'users of the variable': ({ env }) => Object.keys(env).length > 0,
  'users of the Helm value': () => false,
  'whoever names no proxy user': ({ args }) => !args.includes('-u') && !args.includes('--proxy-uid'),
  'whoever passes an empty item in a list': ({ args }) => args.some((arg) => /^,|,,|,$/.test(arg)),
  'whoever passes an invalid range': ({ args }) =>
    args.some((arg) => /\d\.\d/.test(arg) && arg.split(',').some((range) => !/^[\d.]+\/([12]?\d|3[0-2])$/.test(range))),
  'whoever excludes all outbound ranges': ({ args }) => args[args.indexOf('-x') + 1] === '*',
  'whoever runs the program again': () => false,
  'whoever injects a pod again': () => true,
  'pods with native nftables': () => false,
  'ambient pods': () => false,
  'no traffic': () => false,
};

const UNKNOWN_FLAG = 'a flag is not known';

function valuesAt({ args, env, addresses, nameservers }: (typeof CASES)[number], release: string): Values | undefined {
  try {
    return valuesOf(readArguments(args, env, profileOf(release), { addresses, nameservers }).settings);
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

/** Those that are told: of what no argument shows the table is silent. */
const CHANGE_NAMES = ALL_CHANGES.filter((name) => !Object.hasOwn(POD_CHANGES, name));

const HELD = new Map(RELEASES.map((release) => [release, new Set(CHANGE_NAMES.filter(profileOf(release).has))]));
const has = (release: string, name: ChangeName): boolean => HELD.get(release)?.has(name) ?? false;
const kindOf = (release: string): string => [...(HELD.get(release) ?? [])].join();

const KINDS = [...new Map(RELEASES.map((release) => [kindOf(release), release]))];

const MADE = CASES.map((golden) => {
  const outcomes = new Map(
    golden.outcomes.flatMap(({ releases, error, ip, ip6, host }) =>
      expand(releases).map((release) => [release, error === true ? 'refused' : JSON.stringify({ ip, ip6, host })] as const),
    ),
  );
  // Reading asks a release for its changes only: once for each set of them.
  const read = new Map(KINDS.map(([kind, release]) => [kind, valuesAt(golden, release)]));
  const made = RELEASES.map((release): Made => ({ outcome: outcomes.get(release) ?? UNKNOWN_FLAG, values: read.get(kindOf(release)) }));
  return { golden, made, families: golden.addresses.map((address) => (address.includes(':') ? 'ip6' : 'ip')) };
});

const NEIGHBOURS = RELEASES.slice(1).map((release, index) => [RELEASES[index] ?? '', release, index] as const);

const all = (changes: ReleaseChanges): readonly ReleaseChange[] => CHANGE_GROUPS.flatMap((group) => changes[group]);

describe('between neighbouring releases', () => {
  it('there are 280 pairs, and most have no change of rules', () => {
    expect(NEIGHBOURS.length).toBe(280);
    expect(NEIGHBOURS.filter(([from, to]) => changesBetween(from, to).rules.length > 0).length).toBe(30);
  });

  it('every golden case has the same outcome where no change of rules is told and both read the same settings from it', () => {
    const quiet = NEIGHBOURS.filter(([from, to]) => changesBetween(from, to).rules.length === 0);
    const compared = quiet.flatMap(([from, to, index]) =>
      MADE.flatMap(({ golden, made }) => {
        const [before, after] = [made[index], made[index + 1]];
        if (JSON.stringify(before?.values) !== JSON.stringify(after?.values)) return [];
        // What a release reads is the same: only what it makes of it could differ.
        return [{ name: `${golden.name} from ${from} to ${to}`, same: before?.outcome === after?.outcome }];
      }),
    );
    expect(compared.filter(({ same }) => !same)).toEqual([]);
    expect(compared.length).toBeGreaterThan(20_000);
  });

  it('every golden case has the same outcome where no change of rules and arguments is told', () => {
    const quiet = NEIGHBOURS.filter(([from, to]) => {
      const { rules, arguments: read } = changesBetween(from, to);
      return rules.length + read.length === 0;
    });
    expect(quiet.length).toBe(236);
    for (const [from, to, index] of quiet)
      for (const { golden, made } of MADE)
        expect(made[index + 1]?.outcome, `${golden.name} from ${from} to ${to}`).toBe(made[index]?.outcome);
  });

  it('every golden case whose outcomes differ is touched by a change that is told, in its own words', () => {
    const untold = NEIGHBOURS.flatMap(([from, to, index]) =>
      MADE.flatMap(({ golden, made, families }) => {
        const [before, after] = [made[index], made[index + 1]];
        if (before?.outcome === after?.outcome) return [];
        const told = all(changesBetween(from, to));
        const touched = [before, after].some((side) => {
          // Who passes what a release refuses is touched by what its program takes.
          if (side?.values === undefined) return told.some(({ touches }) => /^(?:whoever|users|every)/.test(touches));
          const of: Touched = { ...golden, values: side.values, families, servers: golden.nameservers };
          return told.some(({ touches }) => MEANING[touches](of));
        });
        return touched ? [] : [`${golden.name} from ${from} to ${to}: ${told.map(({ name }) => name).join(' ')}`];
      }),
    );
    expect(untold).toEqual([]);
  });

  // Cases that a change touches by its words and yet leaves as they are, and why.
  const EXCUSED: Readonly<Partial<Record<ChangeName, readonly string[]>>> = {
    // TPROXY without inbound ports diverts nothing.
    tproxyConntrack: ['tproxy-none'],
  };

  it('every golden case that the only change of rules touches has another outcome', () => {
    const wrong = NEIGHBOURS.flatMap(([from, to, index]) => {
      const [change, another] = changesBetween(from, to).rules;
      // Which flag or variable it is stands in the sentence only.
      if (change === undefined || another !== undefined || change.touches.startsWith('users')) return [];
      return MADE.flatMap(({ golden, made, families }) => {
        const [before, after] = [made[index], made[index + 1]];
        if (
          before?.values === undefined ||
          ['refused', UNKNOWN_FLAG].includes(before.outcome) ||
          EXCUSED[change.name]?.includes(golden.name)
        )
          return [];
        const touched = MEANING[change.touches]({ ...golden, values: before.values, families, servers: golden.nameservers });
        return touched && before.outcome === after?.outcome ? [`${change.name}: ${golden.name} from ${from} to ${to}`] : [];
      });
    });
    expect(wrong).toEqual([]);
  });
});

describe('between any two releases', () => {
  const release = fc.constantFrom(...RELEASES);
  const at = (one: string): number => RELEASES.indexOf(one);

  property([release, release], { numRuns: 100 })('what lasts is what one of them has and the other lacks', (from, to) => {
    const [older, newer] = at(from) < at(to) ? [from, to] : [to, from];
    const told = CHANGE_GROUPS.flatMap((group) => lastingChanges(changesBetween(from, to)[group]));
    const came = CHANGE_NAMES.filter((name) => has(newer, name) && !has(older, name));
    const went = CHANGE_NAMES.filter((name) => has(older, name) && !has(newer, name));
    expect(
      told
        .filter(({ state }) => state === 'came')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(came.sort());
    expect(
      told
        .filter(({ state }) => state === 'went')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(went.sort());
  });

  property([release, release], { numRuns: 100 })(
    'a change names exactly the releases after the older one in which it is so',
    (from, to) => {
      const [older, newer] = [at(from), at(to)].sort((a, b) => a - b) as [number, number];
      for (const { name, state, lasting, releases } of all(changesBetween(from, to))) {
        const named = releases.flatMap(({ first, last }) => RELEASES.slice(at(first), at(last) + 1));
        const so = RELEASES.slice(older + 1, newer + 1).filter((one) => has(one, name) === (state === 'came'));
        expect(named, name).toEqual(so);
        expect(has(RELEASES[older] ?? '', name), name).toBe(state === 'went');
        expect(so.includes(RELEASES[newer] ?? ''), name).toBe(lasting);
      }
    },
  );

  property([release, release], { numRuns: 50 })('going back undoes what going on does', (from, to) => {
    const [there, back] = [changesBetween(from, to), changesBetween(to, from)];
    for (const group of CHANGE_GROUPS) expect(back[group]).toEqual(there[group]);
    expect(there.downgrade).toBe(at(to) < at(from));
  });

  property([release])('from a release to itself nothing changes', (one) => {
    expect(all(changesBetween(one, one))).toEqual([]);
  });
});

describe('a change in several lines of patches', () => {
  const told = (from: string, to: string): unknown =>
    changesBetween(from, to)
      .rules.filter(({ name }) => name === 'includeOutboundPorts6')
      .map(({ state, lasting, releases }) => ({ state, lasting, releases: releases.map(({ first, last }) => `${first} to ${last}`) }));

  it.each([
    ['1.9.5', '1.10.6', [{ state: 'came', lasting: true, releases: ['1.9.6 to 1.9.9', '1.10.2 to 1.10.6'] }]],
    ['1.9.5', '1.9.9', [{ state: 'came', lasting: true, releases: ['1.9.6 to 1.9.9'] }]],
    ['1.9.9', '1.10.0', [{ state: 'went', lasting: true, releases: ['1.10.0 to 1.10.0'] }]],
    ['1.9.9', '1.11.0', [{ state: 'went', lasting: false, releases: ['1.10.0 to 1.10.1'] }]],
    ['1.9.5', '1.10.1', [{ state: 'came', lasting: false, releases: ['1.9.6 to 1.9.9'] }]],
    ['1.10.2', '1.11.0', []],
  ])('is told from %s to %s as it is', (from, to, changes) => {
    expect(told(from, to)).toEqual(changes);
  });
});

describe('releases that make the same rules (istio-history 0.2)', () => {
  it.each([
    ['1.14.0', '1.15.7'],
    ['1.18.0', '1.19.10'],
    ['1.21.0', '1.22.8'],
    ['1.25.0', '1.26.8'],
    ['1.27.0', NEWEST],
  ])('have no change of rules between them: %s to %s', (from, to) => {
    expect(changesBetween(from, to).rules).toEqual([]);
  });

  it('differ between 1.16 and 1.17 in the dual-stack switch alone', () => {
    expect(changesBetween('1.16.0', '1.17.8').rules.map(({ name }) => name)).toEqual(['dualStack']);
  });
});

describe('a row of the release table', () => {
  const row = { spans: '1.6 -', commits: [], touches: 'every pod', what: 'A sentence.' } as const;

  it('does not compile without saying whose traffic it touches', () => {
    const { touches: _, ...silent } = row;
    // @ts-expect-error It has no `touches`.
    expect(silent satisfies Change).toBeDefined();
  });

  it('does not compile when it has ended and does not say what holds since then', () => {
    expect({ ...row, spans: '1.6 - 1.9', gone: { what: 'It is gone.', commits: [] } } satisfies Change).toBeDefined();
    // @ts-expect-error It has no `gone`.
    expect({ ...row, spans: '1.6 - 1.9' } satisfies Change).toBeDefined();
  });

  const ended: readonly (readonly [string, string, readonly string[]])[] = CHANGE_NAMES.flatMap((name) => {
    const change: Change = CHANGES[name];
    return 'gone' in change ? [[name, change.gone.what, change.gone.commits] as const] : [];
  });

  it.each(ended)('says in a sentence what holds after its end, and names commits as Istio abbreviates them: %s', (_, what, commits) => {
    expect(what).toMatch(/^[^\n]+\.$/);
    expect(commits.filter((commit) => !/^[0-9a-f]{11}$/.test(commit))).toEqual([]);
  });
});

describe('a range of releases', () => {
  const read = (text: string): string => {
    const { from, to, problems } = readReleaseRange(text);
    return [`${from} ${to}`, ...problems.map(({ code }) => code)].join(' ');
  };

  it.each([
    ['1.20..1.28', '1.20.8 1.28.10'],
    ['1.9.5..1.10.1', '1.9.5 1.10.1'],
    ['v1.9.5 .. 1.10.1-distroless', '1.9.5 1.10.1'],
    ['1.20..', `1.20.8 ${NEWEST}`],
    ['..1.5', '1.0.0 1.5.10'],
    ['1.28..1.20', '1.28.10 1.20.8'],
    ['1.23', '1.22.8 1.23.6'],
    ['1.23.4', '1.23.3 1.23.4'],
    ['1.10.0', '1.9.9 1.10.0'],
    ['1.20.3-asm.17..1.21.0', '1.20.3 1.21.0'],
    ['1.20.99..1.21.99', '1.20.8 1.21.6 unknown-patch unknown-patch'],
  ])('%j is from and to %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ['', `RANGE "" is not a range of releases, such as 1.0.0..${NEWEST}`],
    ['..', `RANGE ".." is not a range of releases, such as 1.0.0..${NEWEST}`],
    ['1.20..1.21..1.22', `RANGE "1.20..1.21..1.22" is not a range of releases, such as 1.0.0..${NEWEST}`],
    ['1.20...1.28', 'RANGE "1.20...1.28" is not a range of releases; did you mean 1.20..1.28?'],
    ['1.20-1.28', 'RANGE "1.20-1.28" is not a range of releases; did you mean 1.20..1.28?'],
    ['1.20 to 1.28', 'RANGE "1.20 to 1.28" is not a range of releases; did you mean 1.20..1.28?'],
    ['1.20,1.28.3', 'RANGE "1.20,1.28.3" is not a range of releases; did you mean 1.20..1.28.3?'],
    ['1.99', `RANGE "1.99" is not a known release of Istio; known: 1.0.0 to ${NEWEST}`],
    ['1.20..1.99', `RANGE "1.99" is not a known release of Istio; known: 1.0.0 to ${NEWEST}`],
    ['banana', `RANGE "banana" is not a known release of Istio; known: 1.0.0 to ${NEWEST}`],
    ['1.0', `RANGE: nothing is known before 1.0; name a range, such as 1.0..${NEWEST}`],
    ['1.0.0', `RANGE: nothing is known before 1.0.0; name a range, such as 1.0.0..${NEWEST}`],
  ])('%j is refused in one line', (text, message) => {
    expect(() => readReleaseRange(text)).toThrow(message);
  });

  property([fc.string()])('of characters by chance is read or refused', (text) => {
    try {
      readReleaseRange(text);
    } catch (error) {
      expect(error).toBeInstanceOf(ProblemError);
    }
  });
});
