import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARGUMENTS, ENVIRONMENT, environmentOf } from '../../../src/istio/arguments/arguments.ts';
import type { Environment } from '../../../src/istio/arguments/effective-values.ts';
import { injectedSettings } from '../../../src/istio/kubernetes/ordinary-injection.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { printRouting } from '../../../src/istio/plan/routing.ts';
import { formatProblem, ProblemError } from '../../../src/istio/problems.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import type { Facts } from '../../../src/istio/settings/facts.ts';
import { serversOf } from '../../../src/istio/settings/facts.ts';
import { printedSettings } from '../../../src/istio/settings/printed-settings.ts';
import { readSetOption } from '../../../src/istio/settings/setting-texts.ts';
import type { SettingKey, Settings } from '../../../src/istio/settings/settings.ts';
import { isSettingKey, SETTING_KEYS, SETTINGS, valuesOf } from '../../../src/istio/settings/settings.ts';
import { readSidecarText } from '../../../src/istio/settings/sidecar-text.ts';
import { writeYaml } from '../../../src/istio/yaml.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { printCommands, printRestore } from '../../../src/netfilter/print.ts';
import { readRule } from '../../../src/netfilter/read/rule.ts';
import { normalRule } from '../../../src/netfilter/rule/normal.ts';
import type { Rule, Ruleset } from '../../../src/netfilter/rule.ts';
import { isBuiltIn } from '../../../src/netfilter/rule.ts';
import { plainWords, splitWords } from '../../../src/netfilter/words.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';
import { facts, ONE, release } from '../arbitraries.ts';

// ---- texts: what a setting takes, and what someone might try instead ----

const HOSTILE = [
  '\n',
  '\n-A INPUT -j ACCEPT\n',
  '\r\nCOMMIT\n*filter\n',
  ' -j ACCEPT',
  '"',
  "'",
  '\\',
  '" -j ACCEPT "',
  '! ',
  '! -d 0.0.0.0/0',
  '--',
  '-j',
  ' ',
  '\t',
  '#',
  '# x',
  '$(reboot)',
  '`reboot`',
  ';reboot',
  '|cat',
  '\u0000',
  '\u0085',
  '\u2028',
  '\u00a0',
  '٣',
  '１',
  '%s',
  '{}',
  '[]',
  '*',
  '+',
  '=',
  '-',
  ':',
  ',',
  '/',
  '0x',
  '0',
  '-1',
  '1e3',
  '080',
  '70000',
  '9000:8000',
  'COMMIT',
  '*nat',
  ':INPUT DROP',
  '-F',
  '-X',
  'http',
  'https-alt',
  'eth+',
  '8000:',
  ':90',
  '0x50',
  '10-20',
  '__proto__',
  'constructor',
];
const WORST = [' ', '\n', '"', "'", '!', '-', ' -j ACCEPT', '\n-A INPUT -j ACCEPT\n'];
const hostile = fc.oneof(
  { arbitrary: fc.constantFrom(...WORST), weight: 3 },
  { arbitrary: fc.constantFrom(...HOSTILE), weight: 2 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 20 }), weight: 1 },
  { arbitrary: fc.string({ maxLength: 20 }), weight: 1 },
);
const spoilt = (good: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    hostile,
    fc.tuple(good, hostile).map((parts) => parts.join('')),
    fc.tuple(hostile, good).map((parts) => parts.join('')),
    fc.tuple(good, hostile, good).map((parts) => parts.join('')),
  );

/** A setting's value, by commas where it is a list. */
function textOf(key: SettingKey, spoilEvery: number): fc.Arbitrary<string> {
  const item = fc.oneof({ arbitrary: ONE[key], weight: spoilEvery }, { arbitrary: spoilt(ONE[key]), weight: 1 });
  if (SETTINGS[key].shape === 'one') return item;
  const list = fc.array(item, { maxLength: 4 }).map((items) => items.join(','));
  return SETTINGS[key].shape === 'list' ? list : fc.oneof(list, fc.constant('*'));
}

// ---- what holds of every plan ----

/** The plan, or null where the input was refused with problems that can be read. */
function attempt(make: () => CapturePlan): CapturePlan | null {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const problem of error.problems) {
      expect(problem.severity).toBe('error');
      expect(formatProblem(problem)).toMatch(/^[^\p{Cc}\u2028\u2029]+$/u);
    }
    return null;
  }
}

/** Reads a restore text as plainly as can be; anything that is not expected there is an error. */
function readBack(text: string, family: Family): Ruleset {
  const tables: { name: string; chains: Map<string, Rule[]> }[] = [];
  let open = false;
  for (const line of text.split('\n').slice(0, -1)) {
    const table = tables.at(-1);
    const [head = '', ...rest] = plainWords(line);
    // No rule of ours needs quotes: a plain split says the same as iptables-restore's.
    expect(splitWords(line)?.map((word) => word.text)).toEqual([head, ...rest]);
    if (!open) {
      expect(line).toMatch(/^\*(mangle|raw|filter|nat)$/);
      tables.push({ name: line.slice(1), chains: new Map() });
      open = true;
    } else if (head.startsWith(':')) {
      expect(line).toMatch(/^:ISTIO_[A-Z_]+ - \[0:0\]$/);
      table?.chains.set(head.slice(1), []);
    } else if (line === 'COMMIT') {
      open = false;
    } else {
      expect(head).toBe('-A');
      const chain = rest[0] ?? '';
      if (!table?.chains.has(chain)) expect(isBuiltIn(table?.name ?? '', chain), line).toBe(true);
      const read = readRule(
        rest.slice(1).map((word) => ({ text: word, raw: word })),
        family,
      );
      if ('reason' in read) throw new Error(`${line}: ${read.reason}`);
      const rules = table?.chains.get(chain) ?? [];
      rules.push(normalRule(read));
      table?.chains.set(chain, rules);
    }
  }
  expect(open).toBe(false);
  return {
    family,
    tables: tables.map(({ name, chains }) => ({
      name,
      chains: [...chains].map(([chain, rules]) => ({ name: chain, policy: '-', rules })),
    })),
  };
}

/** The rules alone, by table and chain; empty chains that need no declaration left out. */
function essence({ tables }: Ruleset): unknown {
  return tables.map(({ name, chains }) => [
    name,
    Object.fromEntries(
      chains
        .filter((chain) => chain.rules.length > 0 || !isBuiltIn(name, chain.name))
        .map((chain) => [chain.name, chain.rules.map(({ matches, target }) => ({ matches, target }))]),
    ),
  ]);
}

function rulesOf({ tables }: Ruleset): readonly Rule[] {
  return tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
}

function expectFrozen(value: unknown, path = 'plan'): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Object.isFrozen(value)) throw new Error(`${path} is not frozen`);
  for (const [key, part] of Object.entries(value)) expectFrozen(part, `${path}.${key}`);
}

function hasTwins(list: readonly unknown[]): boolean {
  return new Set(list.map((one) => JSON.stringify(one))).size < list.length;
}

/** Ids name one rule each, unless someone lists the same thing twice. */
function listsTwins({ settings }: CapturePlan, given: Facts): boolean {
  const lists = Object.values(valuesOf(settings)).filter((value) => Array.isArray(value));
  return lists.some(hasTwins) || FAMILIES.some((family) => hasTwins(serversOf(family, given)));
}

const ROUTING = /^(fwmark \d+ lookup \d+|local default dev lo table \d+|::6\/128 dev lo)$/;

function expectSound(plan: CapturePlan, given: Facts): void {
  for (const family of FAMILIES) {
    const ruleset = plan[family];
    const ofIptables = { family, tables: ruleset.tables.filter(({ nft }) => nft === undefined) };
    expect(essence(readBack(printRestore(ruleset), family))).toEqual(essence(ofIptables));
    expect(ofIptables.tables.length === 0 || plan.nft === undefined).toBe(true);
    expect(printCommands(ruleset)).toMatch(/^[\x20-\x7e\n]*$/);
    const rules = rulesOf(ruleset);
    for (const { id: name, because } of rules) {
      expect(name).toMatch(/^(nat|mangle|raw|filter)\.[^\s]+$/);
      expect(because?.text).toMatch(/^[\x20-\x7e]+\.$/);
      expect(because?.settings.filter((key) => !isSettingKey(key))).toEqual([]);
    }
    if (!listsTwins(plan, given)) expect(hasTwins(rules.map((rule) => rule.id)), JSON.stringify(rules.map((rule) => rule.id))).toBe(false);
  }
  for (const line of Object.values(printRouting(plan.routing)).flat()) expect(line).toMatch(ROUTING);
  for (const problem of plan.problems) {
    expect(problem.severity).not.toBe('error');
    expect(formatProblem(problem)).toMatch(/^[^\p{Cc}\u2028\u2029]+$/u);
  }
  expectFrozen(plan);
}

// ---- the properties ----

const sets = (spoilEvery: number): fc.Arbitrary<readonly string[]> =>
  fc
    .uniqueArray(
      fc.constantFrom(...SETTING_KEYS).chain((key) => textOf(key, spoilEvery).map((text) => ({ key, text }))),
      { selector: ({ key }) => key, maxLength: 12 },
    )
    .map((all) => all.map(({ key, text }) => `${key}=${text}`));

// The share of plans in a property, so that one in which everything is refused does not pass.
function share(made: readonly boolean[]): number {
  return made.filter(Boolean).length / made.length;
}

describe('settings at a release', () => {
  const made: boolean[] = [];

  property([sets(1e9), release, facts], { numRuns: rounds(200) })(
    'that are allowed become a sound plan, the same each time',
    (options, at, given) => {
      const make = (): CapturePlan =>
        planFromSettings({ sets: options, release: { value: at, source: { kind: 'option', option: '--release' } }, facts: given });
      const plan = attempt(make);
      made.push(plan !== null);
      if (plan === null) return;
      expectSound(plan, given);
      expect(make()).toEqual(plan);
    },
  );

  it('were mostly allowed there', () => {
    expect(share(made)).toBeGreaterThan(0.8);
  });

  const spoiltMade: boolean[] = [];

  property([sets(6), release, facts], { numRuns: rounds(200) })(
    'with hostile texts among them become a sound plan, or problems of one line each',
    (options, at, given) => {
      const plan = attempt(() =>
        planFromSettings({ sets: options, release: { value: at, source: { kind: 'option', option: '--release' } }, facts: given }),
      );
      spoiltMade.push(plan !== null);
      if (plan !== null) expectSound(plan, given);
    },
  );

  it('were partly refused there', () => {
    expect(share(spoiltMade)).toBeGreaterThan(0.1);
    expect(share(spoiltMade)).toBeLessThan(0.9);
  });

  property([sets(1e9), release], { numRuns: rounds(150) })('are the same after they were written as YAML and read again', (options, at) => {
    const overrides = Object.assign({}, ...options.map((option) => readSetOption(option).overrides)) as Partial<Settings>;
    const settings = { ...injectedSettings(profileOf(at)), ...overrides };
    const text = writeYaml({ apiVersion: 'istio-init/v1', kind: 'SidecarCapture', release: at, ...printedSettings(settings) });
    const file = readSidecarText(text, 'written.yaml');
    expect(file.problems.map(formatProblem)).toEqual([]);
    expect(file.release?.value).toBe(at);
    expect(Object.keys(file.overrides).sort()).toEqual([...SETTING_KEYS].sort());
    expect(valuesOf(file.overrides as Settings)).toEqual(valuesOf(settings));
  });
});

// Short ones, so that what is put to them has room within any limit on length.
const SAMPLE: { readonly [K in SettingKey]: string } = {
  mode: 'TPROXY',
  'proxy.uids': '13',
  'proxy.gids': 'a',
  'proxy.port': '15',
  'proxy.inboundPort': '16',
  'proxy.tunnelPort': '17',
  'inbound.includePorts': '80',
  'inbound.excludePorts': '81',
  'outbound.includeRanges': '10.0.0.0/8',
  'outbound.excludeRanges': '10.0.0.0/8',
  'outbound.includePorts': '82',
  'outbound.excludePorts': '83',
  'outbound.ownerGroups': 'b',
  'outbound.excludeOwnerGroups': 'c',
  'outbound.loopback': '127.0.0.0/8',
  'interfaces.exclude': 'e0',
  'interfaces.reroute': 'e1',
  'dns.capture': 'all',
  'tproxy.mark': '13',
  'tproxy.routeTable': '14',
  dropInvalid: 'true',
  dualStack: 'true',
};

describe.each(SETTING_KEYS)('%s with the worst texts before, behind and in its value', (key) => {
  const texts = [...WORST, '\t', '\r', '\\', '#', ' #', '\u0000', '\u00a0', ';'].flatMap((bad) => [
    bad,
    SAMPLE[key] + bad,
    bad + SAMPLE[key],
    SAMPLE[key] + bad + SAMPLE[key],
  ]);
  const flag = ARGUMENTS.find(({ setting }) => setting === key)?.short;

  it('becomes a sound plan, or a problem', () => {
    for (const text of texts) {
      const fromSet = attempt(() => planFromSettings({ sets: [`${key}=${text}`] }));
      if (fromSet !== null) expectSound(fromSet, {});
      const release = flag === undefined ? '1.30.3' : '1.26.8';
      const fromArguments = attempt(() => planFromArguments(['-b', '*', `-${flag ?? 'b'}`, text], { release }));
      if (fromArguments !== null) expectSound(fromArguments, {});
    }
    expect(texts.filter((text) => attempt(() => planFromSettings({ sets: [`${key}=${text}`] })) === null).length).toBeGreaterThan(
      texts.length / 2,
    );
  });
});

it('a range that holds everything is no match in a plan, as the kernel keeps none', () => {
  const plan = planFromSettings({
    sets: ['outbound.excludeRanges=0.0.0.0/0', 'outbound.includeRanges=10.1.2.3/0,::/0', 'interfaces.reroute=eth1'],
  });
  expect(printRestore(plan.ip)).not.toMatch(/ -d (?!127\.0\.0\.1\/32 )/);
  expect(rulesOf(plan.ip).map((rule) => rule.id)).toEqual(
    expect.arrayContaining(['nat.exclude-range.0.0.0.0/0', 'nat.include-range.0.0.0.0/0', 'nat.reroute.eth1.0.0.0.0/0']),
  );
});

it('ids tell the two returns for a virtual machine apart that IPv6 had from 1.8 to 1.11', () => {
  const ids = (release: string): readonly unknown[] =>
    rulesOf(planFromArguments(['-i', '*', '-k', 'eth1'], { release, addresses: ['2001:db8::7/64'] }).ip6).flatMap(({ id }) =>
      id?.includes('reroute') ? [id] : [],
    );
  expect(ids('1.7')).toEqual(['nat.reroute-return.eth1']);
  expect(ids('1.11')).toEqual(['nat.reroute-return-again.eth1', 'nat.reroute-return.eth1']);
  expect(ids('1.12')).toEqual(['nat.reroute.eth1', 'nat.reroute-return.eth1']);
});

describe('arguments of a release', () => {
  const words = (spoilEvery: number): fc.Arbitrary<readonly string[]> =>
    fc
      .array(
        fc.constantFrom(...ARGUMENTS).chain((argument) => {
          const flag =
            argument.short === undefined ? fc.constant(`--${argument.flag}`) : fc.constantFrom(`-${argument.short}`, `--${argument.flag}`);
          const value =
            argument.setting === undefined
              ? fc.oneof(fc.constantFrom('true', 'false', '5'), hostile)
              : textOf(argument.setting, spoilEvery);
          return argument.accepts === 'switch' ? flag.map((name) => [name]) : fc.tuple(flag, value).map(([name, text]) => [name, text]);
        }),
        { maxLength: 8 },
      )
      .map((all) => all.flat());

  const names = [
    ...ARGUMENTS.flatMap((argument) => [environmentOf(argument), argument.shellEnvironment ?? []].flat()),
    ...Object.values(ENVIRONMENT),
  ];
  const variable = fc.constantFrom(...names).chain((name) => {
    const key = ARGUMENTS.find((argument) => environmentOf(argument) === name || argument.shellEnvironment === name)?.setting;
    const value =
      key === undefined ? fc.oneof(fc.constantFrom('true', 'false', '*', '1000,java', '127.0.0.0/8', ''), hostile) : textOf(key, 30);
    return value.map((text) => [name, text] as const);
  });
  const environment: fc.Arbitrary<Environment> = fc.array(variable, { maxLength: 3 }).map((all) => Object.fromEntries(all));

  const made: boolean[] = [];

  property([words(30), environment, release, facts], { numRuns: 400 })(
    'become a sound plan, the same each time, or problems of one line each',
    (args, env, at, given) => {
      const make = (): CapturePlan => planFromArguments(args, { env, release: at, ...given });
      const plan = attempt(make);
      made.push(plan !== null);
      if (plan === null) return;
      expectSound(plan, given);
      expect(make()).toEqual(plan);
    },
  );

  it('were partly accepted there', () => {
    expect(share(made)).toBeGreaterThan(0.1);
    expect(share(made)).toBeLessThan(0.9);
  });

  // One or two flags that every release knows, and one of a later time: hostile texts get as far as they can.
  const few = fc.constantFrom(
    ...ARGUMENTS.filter(({ short, setting, shell }) => setting !== undefined && (shell !== undefined || short === 'c')),
  );
  const spoiltWords = few.chain(({ short, setting }) => spoilt(ONE[setting ?? 'mode']).map((text) => [`-${short}`, text]));
  const alone: boolean[] = [];

  property([fc.array(spoiltWords, { minLength: 1, maxLength: 2 }), fc.constantFrom('1.4.10', '1.12.9', '1.26.8', '1.30.3'), facts], {
    numRuns: 600,
  })('with a hostile text become a sound plan, or problems of one line each', (pairs, at, given) => {
    const plan = attempt(() => planFromArguments(['-b', '*', ...pairs.flat()], { release: at, ...given }));
    alone.push(plan !== null);
    if (plan !== null) expectSound(plan, given);
  });

  it('were partly accepted even so', () => {
    expect(share(alone)).toBeGreaterThan(0.1);
    expect(share(alone)).toBeLessThan(0.9);
  });
});
