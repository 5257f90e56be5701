import { applyPatch, parsePatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareOperands } from '../../../src/cli/diff/comparison.ts';
import { differenceDocument } from '../../../src/cli/diff/document.ts';
import { DIFF_FORMS } from '../../../src/cli/diff/forms.ts';
import { markdownForm } from '../../../src/cli/diff/markdown.ts';
import { patchForm } from '../../../src/cli/diff/patch.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { observeAll } from '../../../src/netfilter/observation.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import type { Chain, Ruleset, Table } from '../../../src/netfilter/rule.ts';
import type { DiffOperand } from '../../../src/sources/operand.ts';
import { anyRuleset } from '../../netfilter/read/rulesets.ts';
import { at, compareTexts, SAVE, textSource } from './operands.ts';

const DIFF_FORM_NAMES = Object.keys(DIFF_FORMS) as (keyof typeof DIFF_FORMS)[];

const ONLY_OURS = { all: false } as const;
describe('the document', () => {
  it('has the shape that docs/diff.md describes', () => {
    const saved = textSource(SAVE.replace('-A KUBE', '-A OUTPUT -p udp -j DROP\n-A KUBE'));
    const after = textSource(
      `${SAVE.replace('--dport 80', '--dport 443').replace('-A ISTIO_OUTPUT -d 10.0.0.1/32 -j RETURN\n', '')}*raw\n:MINE - [0:0]\nCOMMIT\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n`,
      'after.txt',
    );
    expect(JSON.parse(JSON.stringify(differenceDocument(compareOperands(saved, after, ONLY_OURS))))).toEqual({
      apiVersion: 'istio-init/v1',
      kind: 'Difference',
      same: false,
      left: { name: 'saved.txt', problems: [] },
      right: { name: 'after.txt', problems: [] },
      differences: [
        { kind: 'extra-chain', family: 'ip', table: 'raw', chain: 'MINE' },
        { kind: 'policy', family: 'ip', table: 'filter', chain: 'INPUT', left: { policy: 'ACCEPT' }, right: { policy: 'DROP' } },
        { kind: 'missing', family: 'ip', table: 'nat', chain: 'OUTPUT', left: { position: 3, text: '-p udp -j DROP', line: 15 } },
        {
          kind: 'missing',
          family: 'ip',
          table: 'nat',
          chain: 'ISTIO_OUTPUT',
          left: { position: 1, text: '-d 10.0.0.1/32 -j RETURN', line: 8 },
        },
        {
          kind: 'changed',
          family: 'ip',
          table: 'nat',
          chain: 'ISTIO_OUTPUT',
          left: { position: 6, text: '-p tcp -m tcp --dport 80 -j RETURN', line: 13 },
          right: { position: 5, text: '-p tcp -m tcp --dport 443 -j RETURN', line: 12 },
          parts: [{ part: 'destination-port', left: '--dport 80', right: '--dport 443' }],
        },
      ],
      routing: [],
      notCompared: [],
      leftOut: {
        left: [{ program: 'kube-proxy and kubelet', rules: 2, chains: 1 }],
        right: [{ program: 'kube-proxy and kubelet', rules: 2, chains: 1 }],
      },
    });
  });

  it('has the reasons and the settings of a plan, its release, and the routing', () => {
    const found = JSON.parse(JSON.stringify(differenceDocument(compareOperands(at('1.12'), at('1.13', ['mode=TPROXY']), ONLY_OURS))));
    expect(found).toMatchObject({ left: { release: '1.12.9' }, right: { release: '1.13.9' } });
    expect(found.differences).toContainEqual({
      kind: 'missing',
      family: 'ip',
      table: 'nat',
      chain: 'ISTIO_INBOUND',
      left: {
        position: 2,
        text: '-p tcp -m tcp --dport 22 -j RETURN',
        id: expect.stringMatching(/^nat\./),
        because: 'Releases of this age never capture port 22 where all inbound ports are captured.',
        settings: [{ key: 'inbound.includePorts', source: 'default injection of 1.12.9' }],
      },
    });
    expect(found.routing[0]).toEqual({
      kind: 'extra',
      family: 'ip',
      shownBy: 'ip rule',
      text: 'fwmark 1337 lookup 133',
      because: 'Packets with mark 1337 are delivered to the proxy by table 133.',
      settings: [
        { key: 'mode', source: '--set' },
        { key: 'tproxy.mark', source: 'default injection of 1.13.9' },
        { key: 'tproxy.routeTable', source: 'default injection of 1.13.9' },
      ],
    });
  });
});

describe('the Markdown', () => {
  it('has the differences in a block, and the same words around it', () => {
    expect(markdownForm(compareTexts(SAVE, SAVE.replace('--dport 80', '--dport 443')))).toBe(`### Differences of packet filter rules

- left (\`-\`): \`before.txt (IPv4)\`
- right (\`+\`): \`after.txt (IPv4)\`

**Different: 1 rule changed.**

\`\`\`diff
IPv4 nat ISTIO_OUTPUT
  4 4  -d 10.0.0.4/32 -j RETURN
  5 5  -d 10.0.0.5/32 -j RETURN
- 6    -p tcp -m tcp --dport 80 -j RETURN
+   6  -p tcp -m tcp --dport 443 -j RETURN
         changed: --dport 80 -> 443
  7 7  -d 10.0.0.6/32 -j RETURN
\`\`\`

\`\`\`text
Ignored; --all compares them:
  - 2 rules and 1 chain of kube-proxy and kubelet
  + 2 rules and 1 chain of kube-proxy and kubelet
\`\`\`
`);
  });

  it('keeps markup from outside where it is', () => {
    const found = compareOperands(
      textSource(SAVE, '`a` **b**'),
      textSource(SAVE.replace('-d 10.0.0.6/32', '-m x --y "```"'), 'right'),
      ONLY_OURS,
    );
    const printed = markdownForm(found);
    expect(printed).toContain('- left (`-`): `` `a` **b** (IPv4) ``\n');
    expect(printed).toContain('\n````diff\n');
  });
});

const anEdit = fc.record({
  table: fc.nat(),
  chain: fc.nat(),
  rule: fc.nat(),
  what: fc.constantFrom('drop', 'double', 'last', 'dropChain'),
});
type Edit = typeof anEdit extends fc.Arbitrary<infer E> ? E : never;

/** The ruleset with one rule, or one chain, changed. */
function edited(ruleset: Ruleset, { table: t, chain: c, rule: r, what }: Edit): Ruleset {
  const pick = <V>(list: readonly V[], number: number): number => number % Math.max(1, list.length);
  const tables = ruleset.tables.map((table, index): Table => {
    if (index !== pick(ruleset.tables, t)) return table;
    const at = pick(table.chains, c);
    if (what === 'dropChain') return { ...table, chains: table.chains.toSpliced(at, 1) };
    const chains = table.chains.map((chain, place): Chain => {
      const from = pick(chain.rules, r);
      const [rule] = chain.rules.slice(from, from + 1);
      if (place !== at || rule === undefined) return chain;
      const rest = chain.rules.toSpliced(from, 1);
      return { ...chain, rules: { drop: rest, double: [rule, ...chain.rules], last: [...rest, rule] }[what] };
    });
    return { ...table, chains };
  });
  return { ...ruleset, tables };
}

describe('the patch', () => {
  it('is a unified diff of what iptables-save would print, three lines around each difference', () => {
    expect(patchForm(compareTexts(SAVE, SAVE.replace('--dport 80', '--dport 443')))).toBe(`left:  before.txt (IPv4)
right: after.txt (IPv4)
--- a/iptables.save
+++ b/iptables.save
@@ -10,6 +10,6 @@
 -A ISTIO_OUTPUT -d 10.0.0.3/32 -j RETURN
 -A ISTIO_OUTPUT -d 10.0.0.4/32 -j RETURN
 -A ISTIO_OUTPUT -d 10.0.0.5/32 -j RETURN
--A ISTIO_OUTPUT -p tcp -m tcp --dport 80 -j RETURN
+-A ISTIO_OUTPUT -p tcp -m tcp --dport 443 -j RETURN
 -A ISTIO_OUTPUT -d 10.0.0.6/32 -j RETURN
 COMMIT
`);
  });

  it('is nothing for equal sides', () => {
    expect(patchForm(compareTexts(SAVE, SAVE))).toBe('');
  });
});

describe('sides of 5,000 rules', () => {
  const rules = Array.from({ length: 5000 }, (_, index) => `-A OUTPUT -d 10.0.${index >> 8}.${index & 255}/32 -m x --y "\`" -j DROP\n`);
  const long = (list: readonly string[]): string => `*nat\n${list.join('')}COMMIT\n`;

  it.each([
    ['without a rule in common', rules.map((rule) => rule.replace('10.0', '10.1'))],
    ['with one rule changed', rules.with(700, rules[700]?.replace('10.0', '10.1') ?? '')],
    ['in another order', [...rules.slice(2500), ...rules.slice(0, 2500)]],
  ])('%s are compared in every form', (_, other) => {
    const found = compareTexts(long(rules), long(other));
    for (const form of DIFF_FORM_NAMES) expect(DIFF_FORMS[form](found, plain).length).toBeGreaterThan(100);
  });
});

describe('for any two rulesets the patch', () => {
  const sideOf = (one: Ruleset): DiffOperand => {
    const none = (family: Family): Ruleset => ({ family, tables: [] });
    return { name: '', seen: observeAll({ ip: none('ip'), ip6: none('ip6'), [one.family]: one }), problems: [], notes: [] };
  };
  const turns = (left: Ruleset, right: Ruleset): void => {
    const patch = patchForm(compareOperands(sideOf(left), sideOf(right), { all: true }));
    const [parsed] = parsePatch(patch);
    expect(patch === '' ? printSave(left) : applyPatch(printSave(left), parsed ?? '')).toBe(printSave(right));
  };

  it('turns the save of the left into that of the right', () => {
    fc.assert(
      fc.property(anyRuleset, anyRuleset, fc.array(anEdit, { maxLength: 6 }), (left, other, edits) => {
        turns(left, edits.reduce(edited, left));
        turns(left, { ...other, family: left.family });
      }),
      { numRuns: 40 },
    );
  });
});
