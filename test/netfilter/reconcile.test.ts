import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { printRule, printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import type { Reconciliation } from '../../src/netfilter/reconcile.ts';
import { keepOnly, reconcile } from '../../src/netfilter/reconcile.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { DISTINCT_PLANS, GOLDEN_PLANS } from '../golden-plans.ts';
import { rounds } from '../trials.ts';
import { Kernel } from './reconcile/model.ts';

const NOTHING: Ruleset = { family: 'ip', tables: [] };

/** Every text of rules that a golden outcome has, as rulesets of both families. */
const WANTED: Readonly<Record<Family, readonly Ruleset[]>> = {
  ip: [...new Map(DISTINCT_PLANS.map(({ plan }) => [printSave(plan.ip), plan.ip])).values()],
  ip6: [...new Map(DISTINCT_PLANS.map(({ plan }) => [printSave(plan.ip6), plan.ip6])).values()],
};

function wantedAt(name: string): Ruleset {
  const found = GOLDEN_PLANS.find((golden) => golden.name === name);
  if (found === undefined) throw new Error(`no golden outcome ${name}`);
  return found.plan.ip;
}

/** A ruleset from the body of one table. */
function ruleset(table: string, ...lines: readonly string[]): Ruleset {
  return readRules(`*${table}\n${lines.join('\n')}\nCOMMIT\n`, { family: 'ip' }).rulesets[0] ?? NOTHING;
}

function change(kernel: Kernel, wanted: Ruleset): Reconciliation {
  const { live, owned } = kernel.read();
  const made = reconcile(live, wanted, owned);
  kernel.restore(made.text);
  return made;
}

/** Our part of the state in normal form. */
function ours(kernel: Kernel): string {
  const { live, owned } = kernel.read();
  return printSave(keepOnly(live, owned));
}

function loaded(wanted: Ruleset, others = ''): Kernel {
  const kernel = new Kernel(wanted.family);
  kernel.restore(others, false);
  change(kernel, wanted);
  return kernel;
}

/** Rules of others: a chain, a jump to it, and rules before and behind ours. None is one that Istio makes. */
const foreign = fc.array(
  fc.record({
    table: fc.constantFrom('nat', 'mangle', 'raw', 'filter'),
    chain: fc.constantFrom('OUTPUT', 'PREROUTING', 'INPUT', 'OTHERS'),
    rule: fc.constantFrom(
      '-p tcp -m tcp --dport 4444 -j RETURN',
      '-i eth7 -j ACCEPT',
      '-m bpf --bytecode "1,6 0 0 0" -j ACCEPT',
      '-p udp -m comment --comment "kept here" -j ACCEPT',
      '-j OTHERS',
    ),
    top: fc.boolean(),
  }),
  { maxLength: 6 },
);

type Foreign = typeof foreign extends fc.Arbitrary<infer F> ? F : never;

function addForeign(kernel: Kernel, rules: Foreign): void {
  for (const { table, chain, rule, top } of rules) {
    if ((table === 'raw' && chain === 'INPUT') || (table === 'filter' && chain === 'PREROUTING')) continue;
    if (chain === 'OTHERS' && rule === '-j OTHERS') continue;
    kernel.edit(table, 'OTHERS', (entries) => entries);
    kernel.edit(table, chain, (entries) => (top ? [{ text: rule, ours: false }, ...entries] : [...entries, { text: rule, ours: false }]));
  }
}

describe.each(FAMILIES)('from any state to any other in %s', (family) => {
  const state = fc.constantFrom(...WANTED[family]);

  it('one restore leaves what is wanted, a second has nothing to do, and nothing else has moved', () => {
    fc.assert(
      fc.property(state, state, foreign, foreign, (first, second, before, later) => {
        const kernel = new Kernel(family);
        addForeign(kernel, before);
        change(kernel, first);
        addForeign(kernel, later);
        const others = kernel.lines(false);
        change(kernel, second);
        expect(ours(kernel)).toBe(printSave(second));
        expect(kernel.lines(false)).toEqual(others);
        expect(change(kernel, second).changes).toEqual([]);
        change(kernel, { family, tables: [] });
        expect(kernel.lines(true)).toEqual([]);
        expect(kernel.lines(false)).toEqual(others);
      }),
      { numRuns: rounds(250) },
    );
  });

  it('what was there before is put back from any point between', () => {
    fc.assert(
      fc.property(state, state, foreign, (first, second, others) => {
        const kernel = new Kernel(family);
        addForeign(kernel, others);
        change(kernel, first);
        const start = kernel.read();
        const before = keepOnly(start.live, start.owned);
        const { changes } = reconcile(start.live, second, start.owned);
        for (let done = 0; done <= changes.length; done += 1) {
          const halfway = kernel.copy();
          halfway.restore(
            changes
              .slice(0, done)
              .map(({ text }) => text)
              .join(''),
          );
          change(halfway, before);
          expect(ours(halfway)).toBe(printSave(first));
          expect(halfway.lines(false)).toEqual(kernel.lines(false));
          expect(change(halfway, before).changes).toEqual([]);
        }
      }),
      { numRuns: rounds(100) },
    );
  });

  it('every table that is changed makes a block of its own, and equal arguments give equal text', () => {
    fc.assert(
      fc.property(state, state, (first, second) => {
        const { live, owned } = loaded(first).read();
        const { changes, text } = reconcile(live, second, owned);
        expect(reconcile(live, second, owned).text).toBe(text);
        expect(new Set(changes.map(({ table }) => table)).size).toBe(changes.length);
        for (const block of changes) expect(block.text).toMatch(new RegExp(`^\\*${block.table}\\n[^*]*COMMIT\\n$`));
      }),
      { numRuns: rounds(50) },
    );
  });
});

/** The hooks at which a connection can be captured, in whatever table. */
function captured(kernel: Kernel): ReadonlySet<string> {
  const hooks = new Set<string>();
  for (const { chains } of kernel.read().live.tables) {
    const rules = new Map(chains.map((chain) => [chain.name, chain.rules]));
    const reaches = (chain: string): boolean =>
      (rules.get(chain) ?? []).some(
        ({ target }) => ['REDIRECT', 'TPROXY', 'DNAT'].includes(target.kind) || (target.kind === 'jump' && reaches(target.chain)),
      );
    for (const hook of ['PREROUTING', 'OUTPUT']) if (reaches(hook)) hooks.add(hook);
  }
  return hooks;
}

describe('tables change in the order of the transition, so that', () => {
  it('after each of them all is still captured that both states capture', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WANTED.ip), fc.constantFrom(...WANTED.ip), (first, second) => {
        const kernel = loaded(first);
        const [old, goal] = [captured(kernel), captured(loaded(second))];
        const both = [...old].filter((hook) => goal.has(hook));
        const { live, owned } = kernel.read();
        for (const { text } of reconcile(live, second, owned).changes) {
          kernel.restore(text);
          expect([...captured(kernel)]).toEqual(expect.arrayContaining(both));
        }
      }),
      { numRuns: rounds(500) },
    );
  });

  const effects = (first: string, second: string): readonly string[] => {
    const { live, owned } = loaded(wantedAt(first)).read();
    return reconcile(live, wantedAt(second), owned).changes.map(({ table, effect }) => `${table} ${effect}`);
  };
  const [redirect, dns, tproxy, both] = ['injected-1.6 at 1.25.0', 'dns at 1.25.0', 'tproxy at 1.25.0', 'dns-tproxy at 1.25.0'] as const;

  it.each([
    [redirect, tproxy, ['mangle gains', 'nat loses']],
    [tproxy, redirect, ['nat gains', 'mangle loses']],
    [redirect, both, ['mangle gains', 'raw neutral', 'nat neutral']],
    [both, redirect, ['raw neutral', 'nat neutral', 'mangle loses']],
    [redirect, dns, ['nat gains', 'raw neutral']],
    [dns, redirect, ['raw neutral', 'nat loses']],
    [redirect, 'inbound-list at 1.25.0', ['nat neutral']],
  ])('from %s to %s the order is %s', (first, second, order) => {
    expect(effects(first, second)).toEqual(order);
  });
});

describe('a state that has drifted is repaired', () => {
  const drifts = fc.record({
    kind: fc.constantFrom('swapped', 'doubled', 'missing', 'extra rule', 'extra chain'),
    at: fc.nat(),
  });

  it('whatever rule of ours was swapped, doubled, lost or added, and whatever chain', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WANTED.ip), drifts, foreign, (wanted, { kind, at }, others) => {
        const kernel = new Kernel('ip');
        addForeign(kernel, others);
        change(kernel, wanted);
        const kept = kernel.lines(false);
        const places = wanted.tables.flatMap(({ name, chains }) =>
          chains.filter(({ rules }) => rules.length > 0).map((chain) => [name, chain.name] as const),
        );
        const [table, chain] = places[at % places.length] ?? ['nat', 'OUTPUT'];
        kernel.edit(table, chain, (entries) => {
          const own = entries.flatMap((entry, index) => (entry.ours ? [index] : []));
          const [one = 0, two = one] = [own[at % own.length], own[(at + 1) % own.length]];
          const [first, second] = [entries[one], entries[two]];
          if (first === undefined || second === undefined) return entries;
          if (kind === 'swapped') return entries.with(one, second).with(two, first);
          if (kind === 'doubled') return [...entries, first];
          if (kind === 'missing') return entries.toSpliced(one, 1);
          return kind === 'extra rule' ? entries.toSpliced(one, 0, { text: '-p icmp -j RETURN', ours: true }) : entries;
        });
        if (kind === 'extra chain')
          kernel.restore(
            `*${table}\n:ISTIO_OLD - [0:0]\n:ISTIO_OLDER - [0:0]\n-A ISTIO_OLD -g ISTIO_OLDER\n-A ISTIO_OLDER -j ISTIO_OLD\nCOMMIT\n`,
          );
        const drifted = ours(kernel) !== printSave(wanted);
        const { changes } = change(kernel, wanted);
        expect(changes.map((one) => one.table)).toEqual(drifted ? [table] : []);
        expect(ours(kernel)).toBe(printSave(wanted));
        expect(kernel.lines(false)).toEqual(kept);
        expect(change(kernel, wanted).changes).toEqual([]);
      }),
      { numRuns: rounds(400) },
    );
  });

  it('where a rule for the top stands behind a rule of others', () => {
    const wanted = wantedAt('virtual-interfaces at 1.25.0');
    const kernel = loaded(wanted);
    kernel.edit('nat', 'PREROUTING', (entries) => [{ text: '-i eth7 -j ACCEPT', ours: false }, ...entries]);
    const { text } = change(kernel, wanted);
    expect(text.split('\n').filter((line) => /^-[DIA] PREROUTING/.test(line))).toEqual([
      '-D PREROUTING -i net2 -j ISTIO_REDIRECT',
      '-D PREROUTING -i net1 -j ISTIO_REDIRECT',
      '-D PREROUTING -i net2 -j RETURN',
      '-D PREROUTING -i net1 -j RETURN',
      '-D PREROUTING -p tcp -j ISTIO_INBOUND',
      '-I PREROUTING 1 -i net2 -j ISTIO_REDIRECT',
      '-I PREROUTING 2 -i net1 -j ISTIO_REDIRECT',
      '-I PREROUTING 3 -i net2 -j RETURN',
      '-I PREROUTING 4 -i net1 -j RETURN',
      '-A PREROUTING -p tcp -j ISTIO_INBOUND',
    ]);
    expect(change(kernel, wanted).changes).toEqual([]);
  });
});

describe('beside rules of others', () => {
  const wanted = ruleset('nat', ':ISTIO_OUTPUT - [0:0]', '-A OUTPUT -j ISTIO_OUTPUT', '-A ISTIO_OUTPUT -j RETURN');

  it('one block does all', () => {
    const kernel = loaded(
      ruleset(
        'nat',
        ':ISTIO_B - [0:0]',
        ':ISTIO_A - [0:0]',
        '-A OUTPUT -p tcp -j ISTIO_A',
        '-A ISTIO_A -g ISTIO_B',
        '-A ISTIO_B -j ISTIO_A',
      ),
    );
    kernel.edit('nat', 'OUTPUT', (entries) => [{ text: '-d 10.0.0.1/32 -j ACCEPT', ours: false }, ...entries, ...entries]);
    expect(change(kernel, wanted).text).toBe(
      [
        '*nat',
        ':ISTIO_OUTPUT - [0:0]',
        ':ISTIO_A - [0:0]',
        ':ISTIO_B - [0:0]',
        '-D OUTPUT -p tcp -j ISTIO_A',
        '-D OUTPUT -p tcp -j ISTIO_A',
        '-X ISTIO_A',
        '-X ISTIO_B',
        '-A OUTPUT -j ISTIO_OUTPUT',
        '-A ISTIO_OUTPUT -j RETURN',
        'COMMIT',
        '',
      ].join('\n'),
    );
  });

  it('ours stay before one that was added behind them', () => {
    const kernel = loaded(wanted, '*nat\n-A OUTPUT -d 10.0.0.1/32 -j ACCEPT\nCOMMIT\n');
    kernel.restore('*nat\n-A OUTPUT -j ACCEPT\nCOMMIT\n', false);
    const next = ruleset('nat', ':ISTIO_OUTPUT - [0:0]', '-A OUTPUT -p tcp -j ISTIO_OUTPUT', '-A ISTIO_OUTPUT -j RETURN');
    expect(change(kernel, next).text).toContain('\n-I OUTPUT 2 -p tcp -j ISTIO_OUTPUT\n');
  });

  it('a chain of ours that one of theirs leads to stays, empty, and the rule is named', () => {
    const kernel = loaded(wanted);
    kernel.restore('*nat\n:OTHERS - [0:0]\n-A OTHERS -p icmp -g ISTIO_OUTPUT\nCOMMIT\n', false);
    const { kept, text } = change(kernel, NOTHING);
    expect(kept.map(({ table, chain, by }) => [table, chain, ...by.map((use) => `-A ${use.chain} ${printRule(use.rule)}`)])).toEqual([
      ['nat', 'ISTIO_OUTPUT', '-A OTHERS -p icmp -g ISTIO_OUTPUT'],
    ]);
    expect(text).not.toContain('-X');
    expect(kernel.lines(true)).toEqual(['nat :ISTIO_OUTPUT']);
    const again = change(kernel, NOTHING);
    expect(again.changes).toEqual([]);
    expect(again.kept).toEqual(kept);
    expect(change(kernel, wanted).kept).toEqual([]);
    expect(ours(kernel)).toBe(printSave(wanted));
  });

  it('a rule of theirs that is a twin of ours stays where it is', () => {
    const others = '*nat\n-A OUTPUT -o eth1 -j RETURN\n-A OUTPUT -d 10.0.0.1/32 -j ACCEPT\nCOMMIT\n';
    const kernel = loaded(ruleset('nat', ':ISTIO_OUTPUT - [0:0]', '-A OUTPUT -o eth1 -j RETURN', '-A OUTPUT -j ISTIO_OUTPUT'), others);
    const kept = kernel.lines(false);
    expect(change(kernel, NOTHING).text).toContain('\n-D OUTPUT 3\n-D OUTPUT -j ISTIO_OUTPUT\n');
    expect(kernel.lines(false)).toEqual(kept);
  });

  it('a jump of ours is removed with the comment that it has, and with matches that are not understood', () => {
    const kernel = loaded(wanted);
    const texts = ['-m comment --comment "by hand" -j ISTIO_OUTPUT', '-m bpf --bytecode "1,6 0 0 0" -j ISTIO_OUTPUT'];
    kernel.edit('nat', 'OUTPUT', (entries) => [...entries, ...texts.map((text) => ({ text, ours: true }))]);
    change(kernel, NOTHING);
    expect(kernel.lines(true)).toEqual([]);
  });

  it('a chain that is not ours is never emptied, whatever its name', () => {
    const kernel = new Kernel('ip');
    kernel.restore('*nat\n:THEIRS - [0:0]\n-A THEIRS -j ACCEPT\nCOMMIT\n', false);
    const { text } = change(kernel, ruleset('nat', ':THEIRS - [0:0]', '-A THEIRS -j RETURN'));
    expect(text).toBe('*nat\n-A THEIRS -j RETURN\nCOMMIT\n');
  });

  it('policies, and tables that are as wanted, are not touched', () => {
    const kernel = loaded(wanted, '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n');
    expect(change(kernel, wanted).text).toBe('');
    expect(change(kernel, NOTHING).changes.map(({ table }) => table)).toEqual(['nat']);
  });
});

it('our part of a state is our chains, our rules, and which of them stand before all of others', () => {
  const kernel = loaded(ruleset('nat', ':ISTIO_A - [0:0]', '-A OUTPUT -j ISTIO_A', '-A ISTIO_A -j RETURN'));
  kernel.restore('*nat\n-A OUTPUT -j ACCEPT\nCOMMIT\n', false);
  kernel.restore('*nat\n-A OUTPUT -o lo -j ISTIO_A\nCOMMIT\n');
  const { live, owned } = kernel.read();
  const part = keepOnly(live, owned);
  const shown = part.tables.flatMap(({ chains }) =>
    chains.flatMap(({ name, rules }) => rules.map((rule) => `${name} ${printRule(rule)} ${rule.place ?? 'end'}`)),
  );
  expect(shown).toEqual(['OUTPUT -j ISTIO_A top', 'OUTPUT -o lo -j ISTIO_A end', 'ISTIO_A -j RETURN end']);
});
