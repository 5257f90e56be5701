import { describe, expect, it } from 'vitest';
import type { Both, Ownership } from '../../../src/istio/found/ownership.ts';
import { ownedIn } from '../../../src/istio/found/ownership.ts';
import type { CapturePlan } from '../../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import { FAMILIES } from '../../../src/netfilter/family.ts';
import { printRule, printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import { keepOnly } from '../../../src/netfilter/reconcile.ts';
import type { Ruleset, Table } from '../../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../../src/netfilter/rule.ts';
import { DEFAULT_POD } from '../../default-pod.ts';
import { DISTINCT_PLANS } from '../../golden-plans.ts';
import { played } from '../../trials.ts';

function read(text: string, family: Family): Ruleset {
  return readRules(text, { family }).rulesets.find((ruleset) => ruleset.family === family) ?? { family, tables: [] };
}

/** The state that a plan leaves, as it is read from a save. */
function stateOf(plan: CapturePlan): Both {
  return { ip: read(printSave(plan.ip), 'ip'), ip6: read(printSave(plan.ip6), 'ip6') };
}

function parts(live: Both, { ip, ip6 }: Ownership): readonly string[] {
  return [printSave(keepOnly(live.ip, ip)), printSave(keepOnly(live.ip6, ip6))];
}

function warned({ warnings }: Ownership): readonly string[] {
  return warnings.map(({ code, family, table, chain, rule = '' }) => `${code}: ${family} ${table} ${chain} ${rule}`.trim());
}

/** Adds rules of others to every chain of a table: `before` ours and `behind` them, by the name of the chain. */
function beside(
  live: Ruleset,
  table: string,
  before: Readonly<Record<string, readonly string[]>>,
  behind: Readonly<Record<string, readonly string[]>> = {},
): Ruleset {
  const rulesOf = (texts: readonly string[] = []) =>
    read(`*nat\n${texts.map((text) => `-A OUTPUT ${text}\n`).join('')}COMMIT\n`, live.family).tables.flatMap(({ chains }) =>
      chains.flatMap(({ rules }) => rules),
    );
  const there = live.tables.find(({ name }) => name === table) ?? { name: table, chains: [] };
  const names = [...new Set([...(BUILT_IN_CHAINS[table] ?? []), ...there.chains.map(({ name }) => name)])];
  const mixed: Table = {
    name: table,
    chains: names.map((name) => {
      const chain = there.chains.find((one) => one.name === name) ?? { name, policy: 'ACCEPT' as const, rules: [] };
      return { ...chain, rules: [...rulesOf(before[name]), ...chain.rules, ...rulesOf(behind[name])] };
    }),
  };
  return { ...live, tables: [...live.tables.filter(({ name }) => name !== table), mixed] };
}

describe('every golden outcome', () => {
  it('is ours to the last rule, without a warning', () => {
    for (const { name, plan } of played(DISTINCT_PLANS, 3)) {
      const live = stateOf(plan);
      const owned = ownedIn(live);
      expect(parts(live, owned), name).toEqual([printSave(plan.ip), printSave(plan.ip6)]);
      expect(owned.warnings, name).toEqual([]);
      expect(parts(live, ownedIn(live, plan)), name).toEqual([printSave(plan.ip), printSave(plan.ip6)]);
    }
    expect(DISTINCT_PLANS.length).toBeGreaterThan(400);
  });

  const others = [
    '-d 10.9.8.7/32 -j ACCEPT',
    '-i eth7 -p tcp -j DROP',
    '-p udp -m udp --dport 53 -m comment --comment theirs -j ACCEPT',
    '-p icmp -j OTHERS',
  ];
  const lookalikes: readonly (readonly [table: string, chain: string, rule: string])[] = [
    ['nat', 'PREROUTING', '-i eth7 -j RETURN'],
    ['nat', 'OUTPUT', '-p udp -m udp --dport 53 -m owner --uid-owner 7 -j RETURN'],
    ['mangle', 'OUTPUT', '-o eth7 -j RETURN'],
    ['raw', 'PREROUTING', '-p udp -m udp --sport 53 -j CT --notrack'],
  ];

  it('beside rules of others leaves exactly those of others', () => {
    for (const { name, plan } of played(DISTINCT_PLANS)) {
      let live = stateOf(plan);
      for (const table of ['nat', 'mangle', 'raw', 'filter']) {
        const chains = BUILT_IN_CHAINS[table] ?? [];
        const of = (rules: readonly string[]) => Object.fromEntries(chains.map((chain) => [chain, rules]));
        live = {
          ip: beside(live.ip, table, of(others), of(others)),
          ip6: beside(live.ip6, table, of(others.slice(1)), of(others.slice(1))),
        };
      }
      const owned = ownedIn(live);
      expect(parts(live, owned), name).toEqual([printSave(plan.ip), printSave(plan.ip6)]);
    }
  });

  it.each(lookalikes)('beside a rule in %s %s that looks like one of Istio (%s) leaves that rule', (table, chain, rule) => {
    const wrong: string[] = [];
    for (const { name, plan } of played(DISTINCT_PLANS.filter((_, index) => index % 8 === 0))) {
      const live = { ...stateOf(plan), ip: beside(stateOf(plan).ip, table, { [chain]: [rule] }) };
      // A pod whose rules name no destination to capture may have been told to return what comes in by that interface.
      if (rule.startsWith('-i') && !printSave(plan.ip).includes('-A ISTIO_OUTPUT -j ISTIO_REDIRECT')) continue;
      for (const owned of [ownedIn(live), ownedIn(live, plan)]) if (parts(live, owned)[0] !== printSave(plan.ip)) wrong.push(name);
    }
    expect(wrong).toEqual([]);
  });
});

const INVALID = '-m conntrack --ctstate INVALID -j DROP';

describe('a rule that some release makes', () => {
  it('stays, with a warning, where no chain of ours exists', () => {
    const live = { ip: beside({ family: 'ip', tables: [] }, 'mangle', { PREROUTING: [INVALID] }), ip6: read('', 'ip6') };
    const owned = ownedIn(live);
    expect(parts(live, owned)).toEqual(['', '']);
    expect(warned(owned)).toEqual([`looks-like-ours: ip mangle PREROUTING ${INVALID}`]);
  });

  it.each([
    ['1.13.0', true],
    ['1.23.0', true],
    ['1.4.10', false],
    ['1.25.0', false],
    ['1.30.3', false],
  ])('and no other proof of itself, beside the chains of %s, is ours: %s', (release, isOurs) => {
    const plan = planFromArguments(DEFAULT_POD, { release });
    const live = { ...stateOf(plan), ip: beside(stateOf(plan).ip, 'mangle', { PREROUTING: [INVALID] }) };
    const owned = ownedIn(live);
    expect(parts(live, owned)[0] === printSave(plan.ip)).toBe(!isOurs);
    expect(warned(owned)).toEqual(isOurs ? [] : [`looks-like-ours: ip mangle PREROUTING ${INVALID}`]);
  });

  it('stays where a plan explains all the rest', () => {
    const plan = planFromArguments(DEFAULT_POD, { release: '1.23.0' });
    const live = { ...stateOf(plan), ip: beside(stateOf(plan).ip, 'mangle', { PREROUTING: [INVALID] }) };
    expect(parts(live, ownedIn(live, plan))[0]).toBe(printSave(plan.ip));
  });

  it('is not ours in the filter table of IPv6 beside chains of a release that never rejected there', () => {
    const plan = planFromArguments(DEFAULT_POD);
    const firewall = ['-m state --state ESTABLISHED -j ACCEPT', '-j REJECT --reject-with icmp6-port-unreachable'];
    const live = { ...stateOf(plan), ip6: beside(stateOf(plan).ip6, 'filter', { INPUT: firewall }) };
    const owned = ownedIn(live);
    expect(parts(live, owned)).toEqual([printSave(plan.ip), '']);
    expect(warned(owned)).toEqual(firewall.map((rule) => `looks-like-ours: ip6 filter INPUT ${rule}`));
  });

  it('is not ours in a family without chains of ours', () => {
    const plan = planFromArguments(DEFAULT_POD);
    const rule = '-i eth7 -j RETURN';
    const live = { ...stateOf(plan), ip6: beside(stateOf(plan).ip6, 'nat', { PREROUTING: [rule] }) };
    expect(parts(live, ownedIn(live))).toEqual([printSave(plan.ip), '']);
    expect(warned(ownedIn(live))).toEqual([`looks-like-ours: ip6 nat PREROUTING ${rule}`]);
  });

  it('stays where the rest of what its release makes there is missing', () => {
    const plan = planFromArguments([...DEFAULT_POD, '--redirect-dns', '--capture-all-dns'], { release: '1.20.0' });
    const lost = printSave(plan.ip).replace(/^-A OUTPUT .*--sport 15053 .*--gid-owner.*\n/m, '');
    const live = { ip: read(lost, 'ip'), ip6: read('', 'ip6') };
    const owned = ownedIn(live);
    expect(warned(owned)).toHaveLength(4);
    expect(parts(live, owned)[0]).not.toContain('-A OUTPUT -p udp -m udp --sport');
    expect(parts(live, ownedIn(live, plan))[0], 'but is ours where it is what is wanted').toBe(printSave(read(lost, 'ip')));
  });
});

describe('loose rules are ours', () => {
  it('where a program that ran twice left them twice', () => {
    const plan = planFromArguments([...DEFAULT_POD, '--redirect-dns', '--capture-all-dns'], { release: '1.20.0' });
    const once = printSave(plan.ip);
    const twice = once.replace(/\*raw\n[^]*?COMMIT\n/, (raw) =>
      raw.replace(/((?:^-A OUTPUT.*\n)+)/m, '$1$1').replace(/((?:^-A PREROUTING.*\n)+)/m, '$1$1'),
    );
    expect(twice.length).toBeGreaterThan(once.length + 300);
    const live = { ip: read(twice, 'ip'), ip6: read('', 'ip6') };
    expect(parts(live, ownedIn(live))[0]).toBe(twice);
  });

  it('where an upgrade was stopped between two tables', () => {
    const dns = [...DEFAULT_POD, '--redirect-dns', '--capture-all-dns'];
    const [older, newer] = ['1.20.0', '1.30.3'].map((release) => planFromArguments(dns, { release }).ip) as [Ruleset, Ruleset];
    const raw = (ruleset: Ruleset): readonly Table[] => ruleset.tables.filter(({ name }) => name === 'raw');
    const nat = (ruleset: Ruleset): readonly Table[] => ruleset.tables.filter(({ name }) => name === 'nat');
    const mixed = { family: 'ip', tables: [...raw(older), ...nat(newer)] } as const;
    const live = { ip: read(printSave(mixed), 'ip'), ip6: read('', 'ip6') };
    expect(parts(live, ownedIn(live))[0]).toBe(printSave(mixed));
  });

  it('where the other family alone has chains of ours', () => {
    const live = stateOf(planFromArguments(['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', ''], { release: '1.1.0' }));
    expect(parts(live, ownedIn(live))[1]).toContain('-j REJECT');
  });

  it.each([
    ['users and groups', ['-u', '5000,6000', '-g', '5001', '--redirect-dns', '--capture-all-dns'], {}],
    ['groups that are left out', ['-u', '1337', '--redirect-dns', '--capture-all-dns'], { ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: '888,ftp' }],
    ['groups that are captured', ['-u', '1337', '--redirect-dns'], { ISTIO_OUTBOUND_OWNER_GROUPS: '202,203' }],
    ['no group at all', ['-u', '1337', '--redirect-dns'], { ISTIO_OUTBOUND_OWNER_GROUPS: '' }],
    ['interfaces', ['-c', 'net1,net2', '-k', 'eth8,eth9', '-i', '10.0.0.0/8,2001:db8::/32', '-m', 'TPROXY', '-b', '80'], {}],
    ['interfaces and no destinations', ['-k', 'eth8,eth9', '-i', '', '-b', '*'], {}],
    ['logging', ['-c', 'net1', '-k', 'eth8', '-i', '10.0.0.0/8', '-b', '*', '--iptables-trace-logging'], {}],
    [
      'logging with TPROXY',
      ['-c', 'net1', '-i', '*', '-b', '*', '-m', 'TPROXY', '-t', '77', '--iptables-trace-logging', '--redirect-dns', '--drop-invalid'],
      {},
    ],
  ])('whatever values they hold: %s', (_, args, env) => {
    for (const release of ['1.11.8', '1.13.0', '1.19.0', '1.22.0', '1.24.0', '1.30.3']) {
      const old = release.startsWith('1.11') || release.startsWith('1.13');
      const given = args
        .map((arg) => (arg === '-c' && old ? '--istio-exclude-interfaces' : arg))
        .filter((arg) => arg !== '--iptables-trace-logging' || !/^1\.(11|30)/.test(release))
        .filter((arg) => arg !== '--drop-invalid' || !release.startsWith('1.11'));
      const plan = planFromArguments(given, {
        release,
        env,
        addresses: ['10.0.0.2', 'fd00::2'],
        nameservers: ['10.96.0.10', 'fd00:96::a'],
      });
      const both = planFromArguments(given, { release, env, addresses: ['fd00::2'], nameservers: ['10.96.0.10', 'fd00:96::a'] });
      for (const one of [plan, both]) {
        const live = stateOf(one);
        const owned = ownedIn(live);
        expect(parts(live, owned), release).toEqual([printSave(one.ip), printSave(one.ip6)]);
      }
    }
  });
});

describe('chains of ours', () => {
  const nat = (...lines: readonly string[]): Both => ({
    ip: read(`*nat\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n${lines.join('\n')}\nCOMMIT\n`, 'ip'),
    ip6: read('', 'ip6'),
  });
  const rules = (live: Both): readonly string[] => [...ownedIn(live).ip.rules].map(printRule);

  it('are ours with all that is in them, and so is every jump to them from a built-in chain', () => {
    const live = nat(
      ':ISTIO_OUTPUT_DNS -',
      '-A OUTPUT -p icmp -m comment --comment x -j ISTIO_OUTPUT_DNS',
      '-A OUTPUT -g ISTIO_OUTPUT_DNS',
      '-A ISTIO_OUTPUT_DNS -j ACCEPT',
    );
    expect([...(ownedIn(live).ip.chains.get('nat') ?? [])]).toEqual(['ISTIO_OUTPUT_DNS']);
    expect(rules(live)).toEqual(['-p icmp -j ISTIO_OUTPUT_DNS', '-g ISTIO_OUTPUT_DNS']);
  });

  it('may be used by chains of others, whose jumps are not ours', () => {
    expect(rules(nat(':OTHERS -', ':ISTIO_OUTPUT -', '-A OTHERS -j ISTIO_OUTPUT'))).toEqual([]);
  });

  it('are not those of the node agent for ambient pods, which stay with a warning', () => {
    const live = nat(
      ':ISTIO_PRERT -',
      ':ISTIO_OUTPUT -',
      '-A PREROUTING -j ISTIO_PRERT',
      '-A OUTPUT -j ISTIO_OUTPUT',
      '-A ISTIO_OUTPUT -j ACCEPT',
    );
    const owned = ownedIn(live);
    expect(parts(live, owned)).toEqual(['', '']);
    expect(warned(owned)).toEqual(['ambient-chain: ip nat ISTIO_PRERT', 'ambient-chain: ip nat ISTIO_OUTPUT']);
  });

  it("are not that of nat, in a pod whose other chains of the node agent are in mangle; beside a sidecar it is the sidecar's", () => {
    const ambient = '*mangle\n:ISTIO_PRERT -\n-A PREROUTING -j ISTIO_PRERT\nCOMMIT\n';
    const output = ':ISTIO_OUTPUT -\n-A OUTPUT -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001\n';
    const live = { ip: read(`${ambient}*nat\n${output}COMMIT\n`, 'ip'), ip6: read('', 'ip6') };
    const owned = ownedIn(live);
    expect(parts(live, owned)).toEqual(['', '']);
    expect(warned(owned)).toEqual(['ambient-chain: ip mangle ISTIO_PRERT', 'ambient-chain: ip nat ISTIO_OUTPUT']);
    const both = { ip: read(`${ambient}*nat\n:ISTIO_REDIRECT -\n${output}COMMIT\n`, 'ip'), ip6: read('', 'ip6') };
    expect(parts(both, ownedIn(both))[0]).toContain('-A ISTIO_OUTPUT -p tcp -j REDIRECT');
  });
});

it('a state without a rule of ours costs next to nothing to judge', () => {
  const others = Array.from({ length: 5000 }, (_, index) => `-A FORWARD -d 10.${index >> 8}.${index & 255}.0/24 -j OTHERS`);
  const live = { ip: read(`*filter\n:FORWARD ACCEPT\n:OTHERS -\n${others.join('\n')}\nCOMMIT\n`, 'ip'), ip6: read('', 'ip6') };
  expect(parts(live, ownedIn(live))).toEqual(FAMILIES.map(() => ''));
});
