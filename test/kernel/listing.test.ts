import { beforeAll, expect, it } from 'vitest';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { printRestore, printSave } from '../../src/netfilter/print.ts';
import { printTableList } from '../../src/netfilter/print-list.ts';
import { readRules } from '../../src/netfilter/read.ts';
import type { Ruleset, Table } from '../../src/netfilter/rule.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

// Together they have all matches and targets that Istio has ever used.
const SAMPLE = [
  'tproxy',
  'tproxy-ipv6',
  'dns-v6-server',
  'dns-tproxy',
  'drop-invalid-ipv6',
  'injected-1.1-tproxy',
  'owner-groups',
  'virtual-interfaces-cidrs',
  'no-arguments-ipv6',
  'port-range',
];
const PLANS = SAMPLE.flatMap((name) => DISTINCT_PLANS.filter((golden) => golden.case === name).slice(-2));

const PROGRAMS: Readonly<Record<Family, string>> = { ip: 'iptables', ip6: 'ip6tables' };
const BACKENDS = ['nft', 'legacy'];
const WITH_INTERFACES = ['-L -n -v', '-L -v', '-nvL --line-numbers', '-L -v -x', '-S', '-S -v'];
const WITHOUT_INTERFACES = ['-L -n', '-L', '-L --line-numbers'];

/** One table of a plan, and what iptables prints of it in each form once it is in the kernel. */
interface Listed {
  readonly rules: Ruleset;
  readonly table: Table;
  readonly texts: ReadonlyMap<string, string>;
}

async function listed(rules: Ruleset, backend: string): Promise<readonly Listed[]> {
  const program = `${PROGRAMS[rules.family]}-${backend}`;
  const forms = [...WITH_INTERFACES, ...WITHOUT_INTERFACES];
  const script = rules.tables.flatMap(({ name }) => forms.map((form) => `${program} -t ${name} ${form}; echo NEXT`)).join('; ');
  const { stdout } = await inNamespace(async ({ run }) => {
    expect(await run(feed(`${program}-restore`, printRestore(rules)))).toMatchObject({ exitCode: 0 });
    return run(script);
  });
  const texts = stdout.split('NEXT\n');
  return rules.tables.map((table, index) => ({
    rules,
    table,
    texts: new Map(forms.map((form, place) => [form, texts[index * forms.length + place] ?? ''])),
  }));
}

/** A table without what a listing without -v does not show. */
function withoutInterfaces(table: Table): Table {
  const shown = (kind: string): boolean => kind !== 'in-interface' && kind !== 'out-interface';
  const chains = table.chains.map((chain) => ({
    ...chain,
    rules: chain.rules.map((rule) => ({ ...rule, matches: rule.matches.filter(({ kind }) => shown(kind)) })),
  }));
  return { ...table, chains };
}

/** Reads what a terminal shows: the command, and what it prints. */
function onTerminal(
  { rules, table, texts }: Listed,
  form: string,
): { readonly codes: readonly string[]; readonly saves: readonly string[] } {
  const { rulesets, problems } = readRules(`$ ${PROGRAMS[rules.family]} -t ${table.name} ${form}\n${texts.get(form)}`);
  return { codes: problems.map(({ code }) => code), saves: rulesets.map((ruleset) => printSave(ruleset)) };
}

describeKernel('a listing of rules that a kernel holds', () => {
  const all = new Map<string, readonly Listed[]>();
  const each = (forms: readonly string[]): (readonly [backend: string, form: string])[] =>
    BACKENDS.flatMap((backend) => forms.map((form) => [backend, form] as const));

  beforeAll(async () => {
    const rulesets = PLANS.flatMap(({ plan }) => FAMILIES.map((family) => plan[family])).filter(({ tables }) => tables.length > 0);
    for (const backend of BACKENDS) {
      const found: Listed[] = [];
      for (const rules of rulesets) found.push(...(await listed(rules, backend)));
      all.set(backend, found);
    }
  });

  it('has rules of both families and of four tables to show', () => {
    const tables = (all.get('nft') ?? []).map(({ rules, table }) => `${rules.family} ${table.name}`);
    expect(tables).toEqual(expect.arrayContaining(['ip nat', 'ip mangle', 'ip raw', 'ip6 nat', 'ip6 mangle', 'ip6 raw', 'ip6 filter']));
  });

  it.each(BACKENDS)('is, byte for byte, what printTableList prints for %s with -L -n -v', (backend) => {
    for (const { rules, table, texts } of all.get(backend) ?? []) expect(printTableList(rules, table.name)).toBe(texts.get('-L -n -v'));
  });

  it.each(each(WITH_INTERFACES))('is read back from %s with %s', (backend, form) => {
    for (const found of all.get(backend) ?? []) {
      const { rules, table } = found;
      expect(onTerminal(found, form)).toEqual({ codes: [], saves: [printSave({ family: rules.family, tables: [table] })] });
    }
  });

  it.each(each(WITHOUT_INTERFACES))('is read back from %s with %s, but for the interfaces that it does not show', (backend, form) => {
    for (const found of all.get(backend) ?? []) {
      const { rules, table } = found;
      const expected = printSave({ family: rules.family, tables: [withoutInterfaces(table)] });
      expect(onTerminal(found, form)).toEqual({ codes: ['interfaces-not-shown'], saves: [expected] });
    }
  });
});
