import { beforeAll, expect, it } from 'vitest';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { printTableList } from '../../src/netfilter/list/print-list.ts';
import { printRestore, printRule, printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import type { Ruleset, Table } from '../../src/netfilter/rule.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { PLAYS_ALL } from './trials.ts';

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
const PLANS = SAMPLE.flatMap((name) => DISTINCT_PLANS.filter((golden) => golden.case === name).slice(PLAYS_ALL ? -2 : -1));

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

/** A restore replaces each table that is in it, so that one namespace does for all. */
async function listed({ run }: Namespace, rules: Ruleset, backend: string): Promise<readonly Listed[]> {
  const program = `${PROGRAMS[rules.family]}-${backend}`;
  const forms = [...WITH_INTERFACES, ...WITHOUT_INTERFACES];
  const script = rules.tables.flatMap(({ name }) => forms.map((form) => `${program} -t ${name} ${form}; echo NEXT`)).join('; ');
  const { exitCode, stdout } = await run(`${feed(`${program}-restore`, printRestore(rules))}code=$?; ${script}; exit $code`);
  expect(exitCode).toBe(0);
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
      await inNamespace(async (namespace) => {
        for (const rules of rulesets) found.push(...(await listed(namespace, rules, backend)));
      });
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

  // What Docker, kube-proxy, fail2ban, libvirt and firewalls by hand make.
  const OTHERS: Readonly<Record<string, readonly string[]>> = {
    nat: [
      '-m addrtype --dst-type LOCAL -j RETURN',
      '! -d 127.0.0.0/8 -m addrtype ! --dst-type LOCAL -j RETURN',
      '-m addrtype --src-type LOCAL ! --dst-type UNICAST -j RETURN',
      '-m addrtype --dst-type LOCAL --limit-iface-out -j RETURN',
      '-j MASQUERADE --random-fully',
      '-p tcp -j MASQUERADE --to-ports 1024-2048',
      '-p tcp -j SNAT --to-source 10.0.0.1:1024-2048 --random',
      '-j NETMAP --to 10.0.0.0/24',
      '-m policy --dir out --pol ipsec -j ACCEPT',
    ],
    mangle: [
      '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
      '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1360',
      '-p udp -j CHECKSUM --checksum-fill',
      '-j TTL --ttl-set 64',
      '-j DSCP --set-dscp 0x10',
      '-m dscp --dscp 0x10 -j ACCEPT',
      '-m ttl --ttl-lt 5 -j ACCEPT',
    ],
    filter: [
      '-m physdev --physdev-is-bridged -j ACCEPT',
      '-m physdev ! --physdev-in eth0 -j ACCEPT',
      '-m limit --limit 5/min -j LOG --log-prefix "x y: "',
      '-m limit --limit 5/sec --limit-burst 10 -j LOG --log-tcp-options --log-uid',
      '-m recent --update --seconds 60 --hitcount 4 --name ssh --rsource -j DROP',
      '-m recent --set --name ssh --rdest -j DROP',
      '-p tcp -m tcp ! --syn -m conntrack --ctstate NEW -j DROP',
      '-p icmp -m icmp --icmp-type 8 -j ACCEPT',
      '-p icmp -m icmp --icmp-type 3/4 -j ACCEPT',
      '-p icmp -m icmp ! --icmp-type 8 -j ACCEPT',
      '-m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT',
      '-m iprange ! --dst-range 10.0.0.1-10.0.0.9 -j ACCEPT',
      '-j NFQUEUE --queue-num 3 --queue-bypass',
      '-j NFQUEUE --queue-balance 0:3',
      '-m statistic --mode random --probability 0.50000000000 -j ACCEPT',
      '-m statistic --mode nth --every 3 --packet 0 -j ACCEPT',
      '-m mac --mac-source 00:11:22:33:44:55 -j ACCEPT',
      '-m length --length 100:200 -j ACCEPT',
      '-m pkttype --pkt-type broadcast -j ACCEPT',
      '-m conntrack --ctorigdst 10.0.0.1 -j ACCEPT',
      '-m connlimit --connlimit-above 10 --connlimit-mask 32 --connlimit-saddr -j DROP',
      '-m string --string "a b" --algo bm -j DROP',
      '-m helper --helper ftp -j DROP',
      '-m u32 --u32 "0x0=0x1" -j DROP',
      '-m cgroup --cgroup 1 -j DROP',
      '-m connbytes --connbytes 10 --connbytes-mode packets --connbytes-dir both',
    ],
    raw: ['-j CT --notrack', '-j TRACE'],
  };

  it.each(['nft', 'legacy'])('of programs that are not Istio shows in %s the rules that -S shows, with their options', async (backend) => {
    let told = 0;
    await inNamespace(async ({ run }) => {
      for (const [table, rules] of Object.entries(OTHERS)) {
        const program = `iptables-${backend} -t ${table}`;
        const each = rules.map(
          (rule) =>
            `${program} -A T ${rule} 2>/dev/null && { ${program} -S T; ${program} -L T -n -v; ${program} -L T -v; ${program} -F T; }; echo NEXT`,
        );
        const { stdout } = await run([`${program} -N T; ${program} -A OUTPUT -j T`, ...each].join('\n'));
        for (const [index, text] of stdout.split('NEXT\n').slice(0, rules.length).entries()) {
          const [save = '', numbers = '', names = ''] = text.split(/^(?=Chain )/m);
          if (save === '') continue;
          told += 1;
          const read = (of: string): readonly string[] =>
            readRules(of, { table }).rulesets.flatMap(({ tables }) =>
              tables.flatMap(({ chains }) => chains.filter(({ name }) => name === 'T').flatMap((chain) => chain.rules.map(printRule))),
            );
          expect(read(numbers), rules[index]).toEqual(read(save));
          // A type of ICMP has a name in it, which means the same.
          if (!save.includes('icmp-type')) expect(read(names), rules[index]).toEqual(read(save));
        }
      }
    });
    expect(told).toBeGreaterThan(30);
  });
});
