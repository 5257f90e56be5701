import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { KNOWN, RELEASES } from '../../../src/istio/releases/every-release.ts';
import type { ReadRelease } from '../../../src/istio/releases/known.ts';
import { CANDIDATE, NEWEST, newestPatch, position, readRelease, readSpans, readTag, releaseAt } from '../../../src/istio/releases/known.ts';
import { CHANGE_NAMES, CHANGES } from '../../../src/istio/releases/named-changes.ts';
import type { ChangeName } from '../../../src/istio/releases/profile.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { RULE_CHANGES } from '../../../src/istio/releases/rule-changes.ts';
import { RELEASES as GOLDEN_RELEASES } from '../../golden.ts';

describe('the known releases', () => {
  it('are the 281 of golden/releases.txt, in their order', () => {
    expect(RELEASES).toEqual(GOLDEN_RELEASES);
    expect(RELEASES).toHaveLength(281);
  });

  it('end with the newest', () => {
    expect(NEWEST).toBe('1.30.3');
    expect(position(NEWEST)).toBe(280);
    expect(position('1.0.0')).toBe(0);
  });

  it('have a candidate behind them, which stands for its minor and is built only where it is named', () => {
    expect(KNOWN).toEqual([...RELEASES, CANDIDATE]);
    expect(CANDIDATE).toBe('1.31.0-rc.0');
    expect([readRelease('1.31'), readRelease('v1.31.0-rc.0-distroless')]).toEqual([{ release: CANDIDATE }, { release: CANDIDATE }]);
    expect(readRelease('1.31.0')).toEqual({ release: CANDIDATE, insteadOf: '1.31.0' });
    expect(readRelease('1.31.2')).toEqual({ release: CANDIDATE, insteadOf: '1.31.2' });
  });

  it('stand in for a tag that is newer than all of them, and for no other', () => {
    expect(readTag('1.32.1')).toEqual({ release: CANDIDATE, insteadOf: '1.32.1' });
    expect(readTag('1.99.0-distroless')).toEqual({ release: CANDIDATE, insteadOf: '1.99.0-distroless' });
    expect(readTag('1.20.3')).toEqual({ release: '1.20.3' });
    for (const text of ['latest', '2.0.1', 'dev', '1.32']) expect(readTag(text)).toEqual({ unknown: text });
    expect(readRelease('1.32.1')).toEqual({ unknown: '1.32.1' });
  });

  it('stand each at its place, and no other text or place has one', () => {
    for (const [place, release] of KNOWN.entries()) expect([position(release), releaseAt(place)]).toEqual([place, release]);
    for (const text of ['', '1', '1.5', '1.5.', '1.05.1', '1.5.1.0', '1.99.0', '1.-1.0', '2.0.0', 'v1.5.0', '1.5.0 '])
      expect(() => position(text)).toThrow('is not a known release');
    for (const place of [-1, KNOWN.length, 0.5]) expect(() => releaseAt(place)).toThrow(`no release at place ${place}`);
  });

  it.each(['1.17.7', '1.18.4', '1.19.2'])('do not hold %s, which was never published', (release) => {
    expect(() => position(release)).toThrow(`${release} is not a known release of Istio`);
  });

  it.each([
    ['1.0', '1.0.9'],
    ['1.17', '1.17.8'],
    ['1.30', '1.30.3'],
  ])('name %s by its newest patch, %s', (minor, newest) => {
    expect(newestPatch(minor)).toBe(newest);
  });
});

describe('the text of a release', () => {
  it.each<[string, ReadRelease]>([
    ['1.23.4', { release: '1.23.4' }],
    ['1.0.0', { release: '1.0.0' }],
    ['v1.23.4', { release: '1.23.4' }],
    ['v1.23', { release: '1.23.6' }],
    ['1.23', { release: '1.23.6' }],
    ['1.30', { release: '1.30.3' }],
    [' 1.23.4 ', { release: '1.23.4' }],
    ['1.23.4-distroless', { release: '1.23.4' }],
    ['1.23.4-debug', { release: '1.23.4' }],
    ['v1.23-distroless', { release: '1.23.6' }],
    ['1.20.3-asm.17', { release: '1.20.3' }],
    ['1.20.3-tetrate-v0', { release: '1.20.3' }],
    ['1.20.3+build.5', { release: '1.20.3' }],
    ['1.22.0-alpha.abc123', { release: '1.22.0' }],
  ])('%j means %j', (text, meant) => {
    expect(readRelease(text)).toEqual(meant);
  });

  it.each<[string, ReadRelease]>([
    ['1.23.99', { release: '1.23.6', insteadOf: '1.23.99' }],
    ['1.17.7', { release: '1.17.8', insteadOf: '1.17.7' }],
    ['v1.30.4-distroless', { release: '1.30.3', insteadOf: '1.30.4' }],
    ['1.28-alpha.abcdef', { release: '1.28.10', insteadOf: '1.28-alpha.abcdef' }],
    ['v1.28-beta.1-distroless', { release: '1.28.10', insteadOf: 'v1.28-beta.1-distroless' }],
  ])('%j, a patch that is not known, means the newest known one: %j', (text, meant) => {
    expect(readRelease(text)).toEqual(meant);
  });

  it.each([
    '1.99',
    '0.8.0',
    '2.0.0',
    '1',
    'v1',
    '1.',
    '1.2.',
    '01.2',
    '1.02',
    '1.2.03',
    '1.23.x',
    '1.23.4.5',
    '1,23',
    '1.23 .4',
    '',
    'latest',
    'newest',
    'istio-1.23',
  ])('%j is no known release', (text) => {
    expect(readRelease(text)).toEqual({ unknown: text });
  });

  it.each([
    '1.23\n-A INPUT -j ACCEPT',
    '1.23.4; reboot',
    '1.23.4 -j ACCEPT',
    '1.23.4-$(id)',
    '1.23.4-a b',
    '1.23.4-"quoted"',
    '../1.23.4',
    '1.23.4/../..',
    '1.23\u0000',
    '__proto__',
    'constructor',
    '1.2e1',
    '1.0x10',
    '１.23',
  ])('%j is nothing but unknown', (text) => {
    expect(readRelease(text)).toEqual({ unknown: text });
  });
});

describe('spans', () => {
  const named = (spans: string): readonly string[] => readSpans(spans).map(([first, last]) => `${KNOWN[first]} to ${KNOWN[last]}`);

  it.each<[string, readonly string[]]>([
    ['1.6', ['1.6.0 to 1.6.14']],
    ['- 1.12', ['1.0.0 to 1.12.9']],
    ['1.12 -', ['1.12.0 to 1.31.0-rc.0']],
    ['1.9.6 - 1.9, 1.10.2 -', ['1.9.6 to 1.9.9', '1.10.2 to 1.31.0-rc.0']],
    ['1.15 - 1.18.5, 1.19.0 - 1.19.3', ['1.15.0 to 1.18.5', '1.19.0 to 1.19.3']],
  ])('%j are %j', (spans, meant) => {
    expect(named(spans)).toEqual(meant);
  });

  it('refuse a release that is not known', () => {
    expect(() => readSpans('1.17.7 -')).toThrow('1.17.7 is not a known release');
    expect(() => readSpans('1.32 -')).toThrow('1.32 is not a known release');
  });

  it.each(CHANGE_NAMES)('of %s name known releases, run forwards, and neither overlap nor touch', (name) => {
    const spans = readSpans(CHANGES[name].spans);
    const flat = spans.flat();
    expect(flat).toEqual([...flat].sort((a, b) => a - b));
    for (const [index, [first]] of spans.entries()) {
      if (index > 0) expect(first, CHANGES[name].spans).toBeGreaterThan((spans[index - 1]?.[1] ?? 0) + 1);
    }
  });

  it.each(CHANGE_NAMES)('of %s leave at least one release out', (name) => {
    expect(KNOWN.some((release) => !profileOf(release).has(name))).toBe(true);
    expect(KNOWN.some((release) => profileOf(release).has(name))).toBe(true);
  });

  it('are patch-exact: 1.9.6 has what 1.10.1 lacks, 1.5.8 what 1.6.4 lacks', () => {
    const having = (name: ChangeName, releases: readonly string[]): readonly boolean[] =>
      releases.map((release) => profileOf(release).has(name));
    expect(having('includeOutboundPorts6', ['1.9.5', '1.9.6', '1.9.9', '1.10.0', '1.10.1', '1.10.2', '1.11.0'])).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(having('emptyItemsDropped', ['1.5.7', '1.5.8', '1.5.10', '1.6.0', '1.6.4', '1.6.5'])).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(having('emptyEnvironmentCounts', ['1.19.4', '1.19.5', '1.20.0', '1.20.1', '1.21.0'])).toEqual([false, true, false, true, true]);
  });
});

// Rows that no builder asks for: they say in words what changed, for the `changes` command, and change nothing in what is made here.
const TOLD_ONLY: Readonly<Partial<Record<ChangeName, string>>> = {
  toPorts: 'normal form has one spelling of REDIRECT',
  hostBitsKept: 'the kernel masks a range on insertion',
  ambientStaysWithSets: 'which backend an agent takes is a knob',
  ambientReconcilesByDefault: 'whether an agent reconciles is a knob',
  jumpedChainsMade: 'an empty chain is made wherever something jumps to it, as iptables demands',
};

describe('every change', () => {
  const src = fileURLToPath(new URL('../../../src', import.meta.url));
  const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/releases\/[a-z]+-changes\.ts$/.test(file))
    .flatMap((file) => readFileSync(join(src, file), 'utf8').split('\n'));

  // `has('name')`, `=> 'name'`, `has(a ? 'name' : 'other')`, `needs: 'name'`, `unless: 'name'`, `shell: 'name'`: a setting of the same name does not count.
  const asking = /(?:has\([^)]*|[nN]eeds: |unless: |shell: |const \w+ = |=> .*)$/;
  const asked = new Set(
    code.flatMap((line) => [...line.matchAll(/'(\w+)'/g)].flatMap(({ 1: name, index }) => (asking.test(line.slice(0, index)) ? name : []))),
  );

  it.each(CHANGE_NAMES.filter((name) => !(name in TOLD_ONLY)))('is asked for by the code: %s', (name) => {
    expect(asked.has(name)).toBe(true);
  });

  it.each(Object.keys(TOLD_ONLY))('is left out of the code where it is only told of: %s', (name) => {
    expect(asked.has(name)).toBe(false);
  });

  it.each(CHANGE_NAMES)('says in a sentence what it is, and names commits as Istio abbreviates them: %s', (name) => {
    const { what, commits } = CHANGES[name];
    expect(what).toMatch(/^[^\n]+\.$/);
    expect(commits.filter((commit) => !/^[0-9a-f]{11}$/.test(commit))).toEqual([]);
  });
});

describe('the classes of releases that make the same rules (istio-history 0.2)', () => {
  // As the text lists them; the releases between the first and the last patch belong to the class.
  const CLASSES: readonly (readonly (readonly [string, string])[])[] = [
    [['1.0.0', '1.0.9']],
    [['1.1.0', '1.1.17']],
    [['1.2.0', '1.2.10']],
    [['1.3.0', '1.4.10']],
    [['1.5.0', '1.5.1']],
    [['1.5.2', '1.5.2']],
    [['1.5.3', '1.5.7']],
    [['1.5.8', '1.5.10']],
    [['1.6.0', '1.6.4']],
    [['1.6.5', '1.6.14']],
    [['1.7.0', '1.7.8']],
    [['1.8.0', '1.8.6']],
    [
      ['1.9.0', '1.9.5'],
      ['1.10.0', '1.10.1'],
    ],
    [
      ['1.9.6', '1.9.9'],
      ['1.10.2', '1.10.2'],
    ],
    [['1.10.3', '1.10.6']],
    [['1.11.0', '1.11.2']],
    [['1.11.3', '1.11.8']],
    [['1.12.0', '1.12.1']],
    [['1.12.2', '1.12.9']],
    [['1.13.0', '1.13.9']],
    [['1.14.0', '1.15.7']],
    [['1.16.0', '1.17.8']],
    [['1.18.0', '1.19.10']],
    [['1.20.0', '1.20.8']],
    [['1.21.0', '1.22.8']],
    [['1.23.0', '1.23.6']],
    [['1.24.0', '1.24.6']],
    [['1.25.0', '1.26.8']],
    [['1.27.0', '1.30.3']],
  ];

  const classes = CLASSES.map((spans) => spans.flatMap(([first, last]) => RELEASES.slice(position(first), position(last) + 1)));

  // Whether a pod counts as having IPv6 is no change of the rules for that class list (istio-history 1.5, not 1.2);
  // in 1.27 the program became strict about its arguments, and made the same rules of those that it takes.
  const notRules: readonly ChangeName[] = ['dualStack'];
  const also: readonly ChangeName[] = ['strictRanges'];
  const asked = [...(Object.keys(RULE_CHANGES) as ChangeName[]).filter((name) => !notRules.includes(name)), ...also];
  const changesOf = (release: string): string => asked.filter((name) => profileOf(release).has(name)).join(' ');

  it('hold every release once', () => {
    expect(classes.flat().sort((a, b) => position(a) - position(b))).toEqual(RELEASES);
  });

  it.each(classes.map((releases) => [releases[0], releases] as const))(
    'have one set of rule changes each: that of %s',
    (first, releases) => {
      for (const release of releases) expect(changesOf(release), release).toBe(changesOf(first ?? ''));
    },
  );

  it('differ from one another in at least one rule change', () => {
    expect(new Set(classes.map(([first]) => changesOf(first ?? ''))).size).toBe(classes.length);
  });
});
