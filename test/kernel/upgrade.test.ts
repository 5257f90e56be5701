import { expect, it } from 'vitest';
import type { Both } from '../../src/istio/found/ownership.ts';
import { ownedIn } from '../../src/istio/found/ownership.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { printRule, printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import { reconcile } from '../../src/netfilter/reconcile.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { TABLES } from '../../src/netfilter/rule.ts';
import type { GoldenPlan } from '../golden-plans.ts';
import { DISTINCT_PLANS, GOLDEN_PLANS } from '../golden-plans.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { played, rounds } from './trials.ts';

/** What the newest release makes of each case that it does not refuse: the last outcome of the case. */
const NEWEST: ReadonlyMap<string, GoldenPlan> = new Map(
  GOLDEN_PLANS.filter(({ name }) => !['bad-', 'loopback-cidr-bad', 'owner-groups-65'].some((refused) => name.startsWith(refused))).map(
    (golden) => [golden.case, golden],
  ),
);

const EMPTY: Both = { ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] } };

/** From one state to another; or to none, which is what `clean` does. */
interface Pair {
  readonly name: string;
  readonly from: Both;
  readonly to: Both;
}

const SAME_CASE = DISTINCT_PLANS.flatMap(({ name, case: of, plan }): Pair[] => {
  const newest = NEWEST.get(of);
  const same =
    newest !== undefined && printSave(plan.ip) === printSave(newest.plan.ip) && printSave(plan.ip6) === printSave(newest.plan.ip6);
  return newest === undefined || same ? [] : [{ name: `${name} to ${newest.name}`, from: plan, to: newest.plan }];
});

const TO_DEFAULT = DISTINCT_PLANS.filter((_, index) => index % 4 === 0).map(
  ({ name, plan }): Pair => ({ name: `${name} to default injection`, from: plan, to: NEWEST.get('injected-1.6')?.plan ?? EMPTY }),
);

/** Rules of others: before ours in one chain, behind them in another, in a chain of their own, and beside nothing of ours. */
const OTHERS = {
  'nat OUTPUT': ['-p tcp -m length --length 40:60 -j OTHERS'],
  'nat OTHERS': ['-p tcp -m tcp --dport 4444 -j RETURN'],
  'nat PREROUTING': ['-i eth7 -p tcp -j ACCEPT'],
  'mangle PREROUTING': ['-m conntrack --ctstate INVALID -m comment --comment "not of Istio" -j DROP'],
} as const;

const isTheirs = (text: string): boolean => Object.values(OTHERS).some((rules) => rules.some((rule) => rule === text));

/** As iptables-save prints the rule, with its comment. */
function textOf(line: string): string {
  return line.replace(/^-A \S+ /, '');
}

const USED_TABLES = TABLES.filter((table) => table !== 'security');

/** Input for a family's rules, with the rules of others where they are asked for. */
function input(ruleset: Ruleset, beside: boolean): string {
  return USED_TABLES.filter(
    (table) =>
      ruleset.tables.some(({ name }) => name === table) || (beside && Object.keys(OTHERS).some((place) => place.startsWith(`${table} `))),
  )
    .map((table) => {
      const chains = ruleset.tables.find(({ name }) => name === table)?.chains ?? [];
      const rulesOf = (chain: string): readonly string[] => chains.find(({ name }) => name === chain)?.rules.map(printRule) ?? [];
      const theirs = beside ? Object.entries(OTHERS).filter(([place]) => place.startsWith(`${table} `)) : [];
      const names = [...new Set([...chains.map(({ name }) => name), ...theirs.map(([place]) => place.split(' ')[1] as string)])];
      const declared = names.filter((name) => !/^[A-Z]+ROUTING$|^(IN|OUT)PUT$|^FORWARD$/.test(name)).map((name) => `:${name} - [0:0]`);
      const rules = names.flatMap((name) => {
        const added: readonly string[] = Object.fromEntries(theirs)[`${table} ${name}`] ?? [];
        const all = name === 'OUTPUT' ? [...added, ...rulesOf(name)] : [...rulesOf(name), ...added];
        return all.map((rule) => `-A ${name} ${rule}`);
      });
      return `${[`*${table}`, ...declared, ...rules, 'COMMIT'].join('\n')}\n`;
    })
    .join('');
}

const STATE_ENDS = '# end of a state';

/** Runs scripts one after the other in namespaces, two at once, and answers what each said. */
async function runAll(scripts: readonly string[]): Promise<readonly string[]> {
  const answers = await Promise.all(
    [0, 1].map((half) =>
      inNamespace(async ({ run }) => {
        const mine = scripts.filter((_, index) => index % 2 === half);
        const { exitCode, stdout, stderr } = await run(`set -e\n${mine.map((script) => `${script}echo '${STATE_ENDS}'\n`).join('')}`);
        expect(stderr.replace(/^# Warning: iptables-legacy tables present.*\n/gm, '')).toBe('');
        expect(exitCode).toBe(0);
        return stdout.split(`${STATE_ENDS}\n`).slice(0, -1);
      }),
    ),
  );
  return scripts.map((_, index) => answers[index % 2]?.[index >> 1] ?? '');
}

const IP6 = '# ip6\n';

/** IPv6 is looked at where either state has rules of it, which saves half of the time. */
function hasIp6({ from, to }: Pair): boolean {
  return from.ip6.tables.length + to.ip6.tables.length > 0;
}

// One command for both families; emptying each table by restoring it takes nft longer than all the rest of the test.
function wipe(backend: string): string {
  const empty = USED_TABLES.map((table) => `*${table}\nCOMMIT\n`).join('');
  return backend === 'nft' ? 'nft flush ruleset\n' : feed('iptables-legacy-restore', empty) + feed('ip6tables-legacy-restore', empty);
}

function load(backend: string, pair: Pair, beside: boolean): string {
  const { from } = pair;
  return wipe(backend) + change(backend, [input(from.ip, beside), hasIp6(pair) ? input(from.ip6, beside) : '']);
}

function change(backend: string, texts: readonly [string, string]): string {
  const programs = [`iptables-${backend}-restore --noflush`, `ip6tables-${backend}-restore --noflush`];
  return texts.map((text, index) => (text === '' ? '' : feed(programs[index] ?? '', text))).join('');
}

function save(backend: string, pair: Pair): string {
  return `iptables-${backend}-save\necho '${IP6.trim()}'\n${hasIp6(pair) ? `ip6tables-${backend}-save\n` : ''}`;
}

function read(saved: string): Both {
  const [ip = '', ip6 = ''] = saved.split(IP6);
  const one = (text: string, family: Family): Ruleset =>
    readRules(text, { family }).rulesets.find((ruleset) => ruleset.family === family) ?? { family, tables: [] };
  return { ip: one(ip, 'ip'), ip6: one(ip6, 'ip6') };
}

/** The save without the rules and chains of others, in normal form. */
function ownPart(saved: string): string {
  const kept = saved
    .split('\n')
    .filter((line) => !isTheirs(textOf(line)) && !line.startsWith(':OTHERS'))
    .join('\n');
  const { ip, ip6 } = read(kept);
  return `${printSave(ip)}${IP6}${printSave(ip6)}`;
}

function othersPart(saved: string): readonly string[] {
  return saved
    .split('\n')
    .filter((line) => isTheirs(textOf(line)) || line.startsWith(':OTHERS'))
    .map((line) => line.replace(/ \[.*/, ''));
}

/** What differs from what one change of each pair should leave, and what a second change should. */
async function wrong(backend: string, pairs: readonly Pair[], beside: (index: number) => boolean): Promise<readonly string[]> {
  const begun = await runAll(pairs.map((pair, index) => load(backend, pair, beside(index)) + save(backend, pair)));
  const texts = pairs.map(({ to }, index) => changeFrom(begun[index] ?? '', to));
  const done = await runAll(
    pairs.map((pair, index) => load(backend, pair, beside(index)) + change(backend, texts[index] ?? ['', '']) + save(backend, pair)),
  );
  return pairs.flatMap(({ name, to }, index) => {
    const [before = '', after = ''] = [begun[index], done[index]];
    const wanted = `${printSave(to.ip)}${IP6}${printSave(to.ip6)}`;
    const again = changeFrom(after, to, to);
    return [
      ...(ownPart(after) === wanted ? [] : [`${name}\nleft:\n${ownPart(after)}\nwanted:\n${wanted}\ntext:\n${texts[index]}`]),
      ...(othersPart(after).join('\n') === othersPart(before).join('\n')
        ? []
        : [`${name}: rules of others\n${othersPart(after).join('\n')}`]),
      ...(again.join('') === '' ? [] : [`${name}: a second run\n${again.join('')}`]),
    ];
  });
}

function changeFrom(saved: string, to: Both, likely?: Both): readonly [string, string] {
  const live = read(saved);
  const owned = ownedIn(live, likely);
  const [ip = '', ip6 = ''] = FAMILIES.map((family) => reconcile(live[family], to[family], owned[family]).text);
  return [ip, ip6];
}

describeKernel.each(['nft', 'legacy'])('on %s', (backend) => {
  it('one change leads from the rules of any older release to exactly those of the newest, beside rules of others as well', {
    timeout: 180_000,
  }, async () => {
    const pairs = played([...SAME_CASE, ...TO_DEFAULT]);
    expect(pairs.length).toBeGreaterThanOrEqual(rounds(400));
    expect(await wrong(backend, pairs, (index) => index % 2 === 0)).toEqual([]);
  });

  it('clean leaves nothing of any release, and of others what was there', { timeout: 180_000 }, async () => {
    const pairs = played(DISTINCT_PLANS.filter((_, index) => index % 4 === 1)).map(
      ({ name, plan }): Pair => ({ name: `${name} to nothing`, from: plan, to: EMPTY }),
    );
    expect(await wrong(backend, pairs, (index) => index % 2 === 0)).toEqual([]);
  });
});
