import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Difference } from '../../src/netfilter/compare/difference.ts';
import type { Rulesets } from '../../src/netfilter/compare.ts';
import { compareRulesets, isSameNormalForm } from '../../src/netfilter/compare.ts';
import { printRule, printSave } from '../../src/netfilter/print.ts';
import { readRule } from '../../src/netfilter/read/rule.ts';
import { normalForm } from '../../src/netfilter/rule/normal.ts';
import type { Chain, Policy, Rule, Ruleset } from '../../src/netfilter/rule.ts';
import { splitWords } from '../../src/netfilter/words.ts';
import { DISTINCT_PLANS, GOLDEN_PLANS } from '../golden-plans.ts';

function rule(text: string): Rule {
  const read = readRule(splitWords(text) ?? [], 'ip');
  if ('reason' in read) throw new Error(`${text}: ${read.reason}`);
  return read;
}

function chain(name: string, texts: readonly string[], policy: Policy = '-'): Chain {
  return { name, policy, rules: texts.map(rule) };
}

function nat(...chains: readonly Chain[]): Ruleset {
  return { family: 'ip', tables: [{ name: 'nat', chains }] };
}

const output = (...texts: readonly string[]): Ruleset => nat(chain('OUTPUT', texts, 'ACCEPT'), chain('OURS', ['-j RETURN']));

/** A difference as a short line: what, where, and the rule's text. */
function line(difference: Difference): string {
  const { kind, table, chain: name } = difference;
  switch (kind) {
    case 'missing':
      return `${table} ${name} ${difference.left.position} missing: ${printRule(difference.left.rule)}`;
    case 'extra':
      return `${table} ${name} ${difference.right.position} extra: ${printRule(difference.right.rule)}`;
    case 'moved':
      return `${table} ${name} ${difference.left.position} moved to ${difference.right.position}: ${printRule(difference.left.rule)}`;
    case 'changed':
      return `${table} ${name} ${difference.left.position} changed at ${difference.right.position}: ${difference.parts.map(({ part, left, right }) => `${part} "${left}" "${right}"`).join(', ')}`;
    case 'policy':
      return `${table} ${name} policy ${difference.left} to ${difference.right}`;
    default:
      return `${table} ${name} ${kind}`;
  }
}

const lines = (left: Rulesets, right: Rulesets): readonly string[] => compareRulesets(left, right).map(line);

describe('a rule', () => {
  const four = ['-d 10.0.0.0/8 -j RETURN', '-p tcp -m tcp --dport 22 -j RETURN', '-o lo -j ACCEPT', '-p tcp -j OURS'];

  it('that only the left has is missing, one that only the right has is extra', () => {
    expect(lines(output(...four), output(...four.slice(1)))).toEqual(['nat OUTPUT 1 missing: -d 10.0.0.0/8 -j RETURN']);
    expect(lines(output(...four.slice(1)), output(...four))).toEqual(['nat OUTPUT 1 extra: -d 10.0.0.0/8 -j RETURN']);
  });

  it('with another value is changed, and its differing match is named', () => {
    const changed = four.with(1, '-p tcp -m tcp --dport 2222 -j RETURN');
    expect(lines(output(...four), output(...changed))).toEqual(['nat OUTPUT 2 changed at 2: destination-port "--dport 22" "--dport 2222"']);
  });

  it('with a match more, its match turned round or another target is changed', () => {
    const more = ['-d 10.0.0.0/8 -p udp -j RETURN', '-p tcp -m tcp ! --dport 22 -j RETURN', '-o lo -j DROP', '-p tcp -g OURS'];
    expect(lines(output(...four), output(...more))).toEqual([
      'nat OUTPUT 1 changed at 1: protocol "" "-p udp"',
      'nat OUTPUT 2 changed at 2: destination-port "--dport 22" "! --dport 22"',
      'nat OUTPUT 3 changed at 3: target "-j ACCEPT" "-j DROP"',
      'nat OUTPUT 4 changed at 4: target "-j OURS" "-g OURS"',
    ]);
  });

  it('with nothing in common with the one in its place is not a change of it', () => {
    expect(lines(output(...four), output(...four.with(1, '-p udp -j DROP')))).toEqual([
      'nat OUTPUT 2 missing: -p tcp -m tcp --dport 22 -j RETURN',
      'nat OUTPUT 2 extra: -p udp -j DROP',
    ]);
  });

  it('is paired with the one that it is most like, others being in between', () => {
    const [left, right] = [
      output('-p tcp -m tcp --dport 1:9 -j RETURN', '-o eth0 -j DROP'),
      output('-s 10.0.0.1/32 -j RETURN', '-p tcp -m tcp --dport 1:8 -j RETURN', '-o eth1 -j DROP'),
    ];
    expect(lines(left, right)).toEqual([
      'nat OUTPUT 1 extra: -s 10.0.0.1/32 -j RETURN',
      'nat OUTPUT 1 changed at 2: destination-port "--dport 1:9" "--dport 1:8"',
      'nat OUTPUT 2 changed at 3: out-interface "-o eth0" "-o eth1"',
    ]);
  });

  it('in another place of its chain is moved', () => {
    const [first = '', ...rest] = four;
    expect(lines(output(...four), output(...rest, first))).toEqual(['nat OUTPUT 1 moved to 4: -d 10.0.0.0/8 -j RETURN']);
  });

  it('in another chain is missing here and extra there', () => {
    expect(lines(nat(chain('A', ['-j DROP']), chain('B', [])), nat(chain('A', []), chain('B', ['-j DROP'])))).toEqual([
      'nat A 1 missing: -j DROP',
      'nat B 1 extra: -j DROP',
    ]);
  });

  it('that stands twice on one side is extra once', () => {
    expect(lines(output('-j DROP'), output('-j DROP', '-j DROP'))).toEqual([expect.stringMatching(/^nat OUTPUT [12] extra: -j DROP$/)]);
  });

  it('whose modules stand in another order is another rule, which the kernel keeps apart', () => {
    const [one, other] = [
      '-p udp -m udp --dport 53 -m owner --uid-owner 1 -j RETURN',
      '-p udp -m owner --uid-owner 1 -m udp --dport 53 -j RETURN',
    ];
    expect(lines(output(one), output(other))).toEqual([`nat OUTPUT 1 changed at 1: order "${one}" "${other}"`]);
  });

  it('that is not understood is compared by its words', () => {
    const [one, other] = ['-m bpf --bytecode "4,48 0 0 9" -j DROP', '-m bpf --bytecode "4,48 0 0 8" -j DROP'];
    expect(lines(output(one), output(one))).toEqual([]);
    expect(lines(output(one), output(other))).toEqual([
      'nat OUTPUT 1 changed at 1: opaque "-m bpf --bytecode "4,48 0 0 9"" "-m bpf --bytecode "4,48 0 0 8""',
    ]);
  });
});

describe('a chain', () => {
  it('that one side does not have is named before its rules', () => {
    const [both, one] = [nat(chain('OUTPUT', [], 'ACCEPT'), chain('A', []), chain('B', ['-j DROP'])), nat(chain('A', []))];
    expect(lines(both, one)).toEqual(['nat B missing-chain', 'nat B 1 missing: -j DROP']);
    expect(lines(one, both)).toEqual(['nat B extra-chain', 'nat B 1 extra: -j DROP']);
  });

  it('with another policy is found before its rules, against an unused table as well', () => {
    const dropping = nat(chain('OUTPUT', ['-j RETURN'], 'DROP'));
    expect(lines(nat(chain('OUTPUT', [], 'ACCEPT'), chain('A', [])), dropping)).toEqual([
      'nat OUTPUT policy ACCEPT to DROP',
      'nat OUTPUT 1 extra: -j RETURN',
      'nat A missing-chain',
    ]);
    expect(lines({ family: 'ip', tables: [] }, dropping)).toEqual(['nat OUTPUT policy ACCEPT to DROP', 'nat OUTPUT 1 extra: -j RETURN']);
  });
});

it('differences come by family, by table, built-in chains first, and by position', () => {
  const table = (name: string, ...chains: readonly Chain[]): Ruleset['tables'][number] => ({ name, chains });
  const ip: Ruleset = {
    family: 'ip',
    tables: [table('nat', chain('Z', []), chain('OUTPUT', ['-j DROP', '-j ACCEPT'], 'ACCEPT')), table('mangle', chain('A', []))],
  };
  const found = compareRulesets([{ family: 'ip6', tables: [table('raw', chain('A', []))] }, ip], { family: 'ip', tables: [] });
  expect(found.map((difference) => `${difference.family} ${line(difference)}`)).toEqual([
    'ip mangle A missing-chain',
    'ip nat OUTPUT 1 missing: -j DROP',
    'ip nat OUTPUT 2 missing: -j ACCEPT',
    'ip nat Z missing-chain',
    'ip6 raw A missing-chain',
  ]);
});

it('a family that a side names twice is refused', () => {
  expect(() => compareRulesets([output(), output()], output())).toThrow(/family ip on one side/);
});

describe('no difference is', () => {
  it('a counter, a comment, an id, a line, the order of header matches, of chains or of tables', () => {
    const counters = { packets: 4n, bytes: 300n };
    const plain = nat(chain('A', ['-d 10.0.0.0/8 -o lo -p tcp -j RETURN']), chain('B', []));
    const dressed = { ...rule('-p tcp -o lo -d 10.0.0.0/8 -m comment --comment "why" -j RETURN'), id: 'x', line: 7, counters };
    const other: Ruleset = {
      family: 'ip',
      tables: [{ name: 'raw', chains: [] }, ...nat(chain('B', []), { name: 'A', policy: '-', rules: [dressed], counters }).tables],
    };
    expect(lines(plain, other)).toEqual([]);
  });

  const hiding = (text: string): Rule => {
    const { matches, target } = rule(text);
    return { matches: [...matches, { kind: 'unknown', what: 'interfaces' }], target };
  };
  const listed = (...rules: readonly Rule[]): Ruleset => nat({ name: 'OUTPUT', policy: 'unknown', rules });

  it('an interface or a policy that the form of one side can not show', () => {
    const saved = nat(chain('OUTPUT', ['! -d 127.0.0.1/32 -o lo -p tcp -j RETURN', '-i eth0 -j DROP', '-j ACCEPT'], 'DROP'));
    const seen = listed(hiding('! -d 127.0.0.1/32 -p tcp -j RETURN'), hiding('-j DROP'), hiding('-j ACCEPT'));
    expect(lines(saved, seen)).toEqual([]);
    expect(lines(seen, saved)).toEqual([]);
  });

  it('hidden by it where the rest of the rule differs, and that difference alone is named', () => {
    expect(lines(nat(chain('OUTPUT', ['-o lo -p tcp -j RETURN'])), listed(hiding('-p udp -j RETURN')))).toEqual([
      'nat OUTPUT 1 changed at 1: protocol "-p tcp" "-p udp"',
    ]);
  });

  it('found between rules that show their interfaces, others beside them hiding theirs', () => {
    const [left, right] = [listed(hiding('-j DROP'), rule('-o lo -j RETURN')), listed(hiding('-j DROP'), rule('-o eth0 -j RETURN'))];
    expect(lines(left, right)).toEqual(['nat OUTPUT 2 changed at 2: out-interface "-o lo" "-o eth0"']);
  });
});

describe('of the golden plans', () => {
  it('each is equal to itself', () => {
    for (const { name, plan } of DISTINCT_PLANS) expect(lines([plan.ip, plan.ip6], structuredClone([plan.ip6, plan.ip])), name).toEqual([]);
  });

  it('two neighbours of one case differ exactly where their texts do', () => {
    const neighbours = GOLDEN_PLANS.slice(1).map((right, index) => ({ left: GOLDEN_PLANS[index] ?? right, right }));
    const compared = neighbours.filter(({ left, right }) => left.case === right.case);
    for (const { left, right } of compared) {
      const [a, b] = [left.plan, right.plan].map(({ ip, ip6 }) => [ip, ip6] as const);
      const sameText = String(a?.map((ruleset) => printSave(ruleset))) === String(b?.map((ruleset) => printSave(ruleset)));
      expect(lines(a ?? [], b ?? []).length === 0, `${left.name} and ${right.name}`).toBe(sameText);
    }
    expect(compared.length).toBeGreaterThan(400);
  });
});

const aRule = fc
  .record({
    header: fc.constantFrom('', '-d 10.0.0.0/8', '! -d 127.0.0.1/32', '-o lo', '-i eth0'),
    protocol: fc.constantFrom('', '-p tcp', '-p tcp -m tcp --dport 22', '-p udp -m udp --dport 53', '-m owner --uid-owner 1337'),
    target: fc.constantFrom('-j RETURN', '-j DROP', '-j A', '-j REDIRECT --to-ports 15001', ''),
  })
  .map(({ header, protocol, target }) => rule(`${header} ${protocol} ${target}`));
const someRules = fc.array(aRule, { maxLength: 12 });
const aRuleset = fc
  .record({ output: someRules, a: fc.option(someRules), b: fc.option(someRules), policy: fc.constantFrom<Policy>('ACCEPT', 'DROP') })
  .map(({ output: rules, a, b, policy }): Ruleset => {
    const own = (name: string, list: readonly Rule[] | null): readonly Chain[] =>
      list === null ? [] : [{ name, policy: '-', rules: list }];
    return nat({ name: 'OUTPUT', policy, rules }, ...own('A', a), ...own('B', b));
  });

const rulesOf = (ruleset: Ruleset, name: string): readonly Rule[] =>
  ruleset.tables.flatMap(({ chains }) => chains).find((one) => one.name === name)?.rules ?? [];

/** The rules of one side that no difference mentions, printed. */
function unmentioned(side: 'left' | 'right', ruleset: Ruleset, name: string, differences: readonly Difference[]): readonly string[] {
  const mentioned = differences
    .filter((one) => one.chain === name)
    .flatMap((one) =>
      side in one && typeof one[side as never] === 'object' ? [(one[side as never] as { position: number }).position] : [],
    );
  return rulesOf(ruleset, name)
    .filter((_, index) => !mentioned.includes(index + 1))
    .map(printRule);
}

describe('for any two rulesets', () => {
  it('there are no differences exactly where their normal forms print alike', () => {
    const equal = (a: Ruleset, b: Ruleset): boolean => (lines(a, b).length === 0) === (printSave(a) === printSave(b));
    fc.assert(fc.property(aRuleset, aRuleset, equal));
    fc.assert(fc.property(aRuleset, (a) => lines(a, structuredClone(a)).length === 0));
  });

  it('whether they are the same is told as the differences tell it, of the places that count', () => {
    const alike = (a: Ruleset, b: Ruleset, other: string): boolean =>
      isSameNormalForm(normalForm(a), normalForm(b), ({ chain }) => chain !== other) ===
      compareRulesets(a, b).every(({ chain }) => chain === other);
    fc.assert(fc.property(aRuleset, aRuleset, fc.constantFrom('A', 'OUTPUT', 'none'), alike));
    fc.assert(
      fc.property(aRuleset, fc.nat(), fc.constantFrom('A', 'B', 'none'), (a, at, other) => {
        const tables = a.tables.map((table) => ({ ...table, chains: table.chains.filter((_, index) => index !== at % 4) }));
        return alike(a, structuredClone(a), other) && alike(a, { ...a, tables }, other) && alike({ ...a, tables }, a, other);
      }),
    );
  });

  it('the rules of the left less the missing and plus the extra are as many as those of the right, in each chain', () => {
    fc.assert(
      fc.property(aRuleset, aRuleset, (a, b) => {
        const found = compareRulesets(a, b);
        for (const name of ['OUTPUT', 'A', 'B']) {
          const count = (kind: Difference['kind']): number => found.filter((one) => one.kind === kind && one.chain === name).length;
          expect(rulesOf(a, name).length - count('missing') + count('extra')).toBe(rulesOf(b, name).length);
        }
      }),
    );
  });

  it('the rules that no difference mentions are the same in the same order', () => {
    fc.assert(
      fc.property(aRuleset, aRuleset, (a, b) => {
        const found = compareRulesets(a, b);
        for (const name of ['OUTPUT', 'A', 'B']) expect(unmentioned('left', a, name, found)).toEqual(unmentioned('right', b, name, found));
      }),
    );
  });

  it('a changed rule has another text and a moved rule the same', () => {
    fc.assert(
      fc.property(aRuleset, aRuleset, (a, b) => {
        for (const one of compareRulesets(a, b)) {
          if (one.kind === 'changed') expect(printRule(one.left.rule)).not.toBe(printRule(one.right.rule));
          if (one.kind === 'changed') expect(one.parts.length).toBeGreaterThan(0);
          if (one.kind === 'moved') expect(printRule(one.left.rule)).toBe(printRule(one.right.rule));
        }
      }),
    );
  });
});

describe('in any chain of different rules', () => {
  const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 2, maxLength: 20 });
  const byPort = (numbers: readonly number[]): Ruleset => output(...numbers.map((port) => `-p tcp -m tcp --dport ${port} -j RETURN`));
  const place = fc.nat(1000);

  it('one rule that is left out is missing at its place', () => {
    fc.assert(
      fc.property(ports, place, (numbers, random) => {
        const at = random % numbers.length;
        expect(lines(byPort(numbers), byPort(numbers.toSpliced(at, 1)))).toEqual([
          `nat OUTPUT ${at + 1} missing: -p tcp -m tcp --dport ${numbers[at]} -j RETURN`,
        ]);
      }),
    );
  });

  it('one rule that is put in a second time is extra', () => {
    fc.assert(
      fc.property(ports, place, place, (numbers, random, random2) => {
        const copy = numbers[random % numbers.length] as number;
        const found = compareRulesets(byPort(numbers), byPort(numbers.toSpliced(random2 % (numbers.length + 1), 0, copy)));
        expect(found).toMatchObject([{ kind: 'extra', right: { rule: rule(`-p tcp -m tcp --dport ${copy} -j RETURN`) } }]);
      }),
    );
  });

  it('two neighbours that change places are one rule moved', () => {
    fc.assert(
      fc.property(ports, place, (numbers, random) => {
        const at = random % (numbers.length - 1);
        const [one, other] = [numbers[at] as number, numbers[at + 1] as number];
        expect(compareRulesets(byPort(numbers), byPort(numbers.with(at, other).with(at + 1, one))).map(({ kind }) => kind)).toEqual([
          'moved',
        ]);
      }),
    );
  });

  it('one rule with another port is changed at its place, and the port is named', () => {
    fc.assert(
      fc.property(ports, place, (numbers, random) => {
        const at = random % numbers.length;
        expect(lines(byPort(numbers), byPort(numbers.with(at, 0)))).toEqual([
          `nat OUTPUT ${at + 1} changed at ${at + 1}: destination-port "--dport ${numbers[at]}" "--dport 0"`,
        ]);
      }),
    );
  });
});

describe('chains of 10,000 rules are compared', () => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => index + 1);
  const long = (list: readonly number[]): Ruleset => output(...list.map((port) => `-p tcp -m tcp --dport ${port} -j RETURN`));

  it.each<readonly [string, readonly number[], number]>([
    ['that are equal', numbers, 0],
    ['with ten changes', numbers.map((port) => (port % 1000 === 5 ? port + 20_000 : port)), 10],
    ['with ten rules moved', [...numbers.slice(10), ...numbers.slice(0, 10)], 10],
    ['with no rule in common', numbers.map((port) => port + 20_000), 10_000],
    ['in the opposite order', numbers.toReversed(), 10_000],
  ])('%s', (_, list, count) => {
    expect(compareRulesets(long(numbers), long(list))).toHaveLength(count);
  });
});
