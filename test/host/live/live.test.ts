import { describe, expect, it } from 'vitest';
import { readFlows } from '../../../src/host/live/flows.ts';
import { readLive } from '../../../src/host/live/live.ts';
import { hasNft } from '../../../src/host/live/nft-kernel.ts';
import type { Namespace, NetFiles } from '../../../src/host/namespace/namespace.ts';
import type { Ran } from '../../../src/host/run.ts';
import { printCommands } from '../../../src/netfilter/print.ts';

type Answer = string | Partial<Ran>;

const MISSING: Partial<Ran> = { exitCode: null, notFound: true };
const NO_JSON: Partial<Ran> = { exitCode: 1, stderr: 'Error: JSON support not compiled-in' };
const FORBIDDEN: Partial<Ran> = { exitCode: 4, stderr: 'Could not fetch rule set generation id: Permission denied (you must be root)' };
const FILES: NetFiles = { ip_tables_names: '', ip6_tables_names: '', if_inet6: '', fib_trie: '', ipv6_route: '' };

/** A namespace of a machine that is only imagined: the programs it has, by their words, and what each says. */
function machineWith(answers: Readonly<Record<string, Answer>>, files: Partial<NetFiles> = {}) {
  const asked: string[] = [];
  const namespace: Namespace = {
    name: 'an imagined namespace',
    here: false,
    netFiles: async () => ({ ...FILES, ...files }),
    start: () => ({ spoke: Promise.resolve(false), stop: () => undefined, pid: undefined, ended: Promise.resolve('') }),
    close: () => undefined,
    run: async ({ argv }) => {
      const words = argv.join(' ');
      // An nft without JSON, unless the test has an answer of one with it.
      const old = words === 'nft -j list ruleset' && answers[words] === undefined && answers['nft list tables'] !== undefined;
      if (!old && (words !== 'nft -j list ruleset' || answers[words] !== undefined)) asked.push(words);
      const answer = old ? NO_JSON : (answers[words] ?? MISSING);
      const ran = { argv, exitCode: 0, signal: null, stdout: '', stderr: '', timedOut: false, notFound: false };
      return typeof answer === 'string' ? { ...ran, stdout: answer } : { ...ran, ...answer };
    },
  };
  return { namespace, asked };
}

const save = (table: string, ...rules: readonly string[]): string =>
  `*${table}\n:OUTPUT ACCEPT [0:0]\n${rules.map((rule) => `${rule}\n`).join('')}COMMIT\n`;

async function look(answers: Readonly<Record<string, Answer>>, files?: Partial<NetFiles>, nft = true) {
  const { namespace, asked } = machineWith(answers, files);
  const live = await readLive(namespace, 1000, nft);
  if ('failure' in live) throw new Error(`it failed: ${live.failure.text}`);
  const { observation, places } = live;
  return { asked, rules: printCommands(observation.ip) + printCommands(observation.ip6), places, ...observation };
}

it('programs are run only for what the lists of nft and of the kernel name', async () => {
  expect(await look({ 'nft list tables': 'table inet filter\ntable arp filter\n' })).toMatchObject({
    asked: ['nft list tables'],
    rules: '',
  });
  const { asked } = await look(
    { 'nft list tables': 'table ip6 nat\n', 'ip6tables-nft-save -c': save('nat') },
    { ip_tables_names: 'nat\n' },
  );
  expect(asked.filter((words) => words.endsWith('save -c')).sort()).toEqual(['ip6tables-nft-save -c', 'iptables-legacy-save -c']);
});

it('on a kernel that has not loaded nft, nft is not asked, and nothing of it is unseen', async () => {
  expect(await look({}, {}, false)).toMatchObject({ asked: [], unseen: [], seen: { ip: 'all', ip6: 'all' } });
});

it('where only plain iptables is, it is used for the backend that it is of', async () => {
  const plain = { 'iptables --version': 'iptables v1.8.10 (nf_tables)\n', 'iptables-save -c': save('nat', '-A OUTPUT -p tcp -j ACCEPT') };
  expect(await look({ 'nft list tables': 'table ip nat\n', ...plain })).toMatchObject({
    rules: 'iptables -t nat -A OUTPUT -p tcp -j ACCEPT\n',
    places: [{ family: 'ip', table: 'nat', backend: 'nft' }],
    seen: { ip: 'all' },
  });
  const old = { ...plain, 'iptables --version': 'iptables v1.6.1\n' };
  expect(await look({ 'nft list tables': '', ...old }, { ip_tables_names: 'nat\n' })).toMatchObject({
    places: [{ family: 'ip', table: 'nat', backend: 'legacy' }],
    seen: { ip: 'all' },
  });
});

it('tables of a backend whose program is missing are not seen, each by name, and the others are', async () => {
  const found = await look({ 'nft list tables': '' }, { ip_tables_names: 'nat\nfilter\n' });
  expect(found).toMatchObject({
    seen: { ip: ['mangle', 'security', 'raw'], ip6: 'all' },
    unseen: [
      { family: 'ip', table: 'nat', reason: 'what legacy holds can not be read: there is no program iptables-legacy-save' },
      { family: 'ip', table: 'filter' },
    ],
  });
});

it('without nft, what iptables-nft shows is compared, and native tables are not seen', async () => {
  const rules = save('nat', '-A OUTPUT -p tcp -j ACCEPT');
  expect(await look({ 'iptables-nft-save -c': rules, 'ip6tables-nft-save -c': '' })).toMatchObject({
    seen: { ip: 'all', ip6: 'all' },
    unseen: [{ reason: 'native nft tables can not be listed: there is no program nft' }],
  });
});

it('a table in which legacy has rules is compared, though nft can not be read; no other table is', async () => {
  const found = await look({ 'iptables-legacy-save -c': save('nat', '-A OUTPUT -p tcp -j ACCEPT') }, { ip_tables_names: 'nat\nraw\n' });
  expect(found).toMatchObject({ seen: { ip: ['nat'], ip6: [] } });
  expect(found.unseen.map(({ family, table, reason }) => [family, table, reason.replace(/:.*/, '')])).toEqual([
    ['ip', undefined, 'what nft holds can not be read'],
    ['ip6', undefined, 'what nft holds can not be read'],
    [undefined, undefined, 'native nft tables can not be listed'],
  ]);
});

it('one family that can not be read is not seen, and the other is', async () => {
  const listed = { 'nft list tables': 'table ip nat\ntable ip6 nat\n' };
  const found = await look({ ...listed, 'iptables-nft-save -c': save('nat', '-A OUTPUT -j ACCEPT'), 'ip6tables-nft-save -c': FORBIDDEN });
  expect(found).toMatchObject({
    seen: { ip: 'all', ip6: ['mangle', 'security', 'raw', 'filter'] },
    unseen: [{ family: 'ip6', table: 'nat' }],
  });
});

it('a failure is all there is to say where neither family can be read', async () => {
  const all = Object.fromEntries(['nft list tables', 'iptables-nft-save -c', 'ip6tables-nft-save -c'].map((words) => [words, FORBIDDEN]));
  const failure = async (answers: Readonly<Record<string, Answer>>) => readLive(machineWith(answers).namespace, 1000, true);
  expect(await failure(all)).toMatchObject({ failure: { cause: expect.stringMatching(/^(?:not-permitted|no-net-admin)$/) } });
  expect(await failure({})).toMatchObject({ failure: { cause: 'program-missing', command: 'iptables-nft-save -c' } });
});

it('tables of nft that no iptables made are unseen, each by name', async () => {
  const tables = ['ip kube-proxy', 'ip6 x', 'inet istio-proxy-nat', 'inet filter', 'bridge nat', 'netdev y', 'arp filter'];
  const found = await look({ 'nft list tables': tables.map((table) => `table ${table}\n`).join('') });
  expect(found).toMatchObject({ seen: { ip: 'all', ip6: 'all' } });
  expect(found.unseen).toEqual(
    tables.map((table) => ({
      kind: 'native table',
      ...(/^(ip6?) /.test(table) ? { family: table.split(' ')[0] } : {}),
      reason: `the table ${table} is native to nft, and no rules of iptables`,
    })),
  );
  expect(found.places).toEqual(
    [
      ['ip', 'kube-proxy'],
      ['ip6', 'x'],
      ['ip', 'istio-proxy-nat'],
      ['ip6', 'istio-proxy-nat'],
      ['ip', 'filter'],
      ['ip6', 'filter'],
    ].map(([family, table]) => ({ family, table, backend: 'native nft' })),
  );
});

it('rules of tables that no iptables made are read from the JSON of nft, each in the families that meet it', async () => {
  const chain = { family: 'inet', table: 'mine', name: 'out', type: 'nat', hook: 'output', prio: -100, policy: 'accept' };
  const rule = (family: string, ...expr: readonly object[]): object => ({ rule: { family, table: 'mine', chain: 'out', expr } });
  const listed = [
    { table: { family: 'inet', name: 'mine' } },
    { chain },
    rule('inet', { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 80 } }, { redirect: { port: 81 } }),
    rule('inet', { vmap: { key: { meta: { key: 'mark' } }, data: { set: [[1, { drop: null }]] } } }),
    { table: { family: 'bridge', name: 'other' } },
    { chain: { ...chain, family: 'bridge', table: 'other', type: 'filter' } },
    { rule: { family: 'bridge', table: 'other', chain: 'out', expr: [{ drop: null }] } },
  ];
  const found = await look({ 'nft -j list ruleset': JSON.stringify({ nftables: listed }) });
  for (const { tables } of [found.ip, found.ip6]) {
    expect(tables).toMatchObject([{ name: 'inet mine', nft: 'inet', chains: [{ name: 'out', base: { hook: 'output', priority: -100 } }] }]);
    const [redirect, map] = tables[0]?.chains[0]?.rules ?? [];
    expect(redirect?.target).toEqual({ kind: 'REDIRECT', value: { first: 81, last: 81 } });
    // A map may do anything: its rule is not one that does nothing.
    expect(map?.target.kind).toBe('opaque');
  }
  expect(found.unseen.map(({ reason }) => reason)).toEqual(['the table bridge other is native to nft, and no rules of iptables']);
});

describe('the connections of a namespace', () => {
  const LINE =
    'tcp      6 431999 ESTABLISHED src=10.44.6.21 dst=198.51.100.9 sport=40112 dport=80 src=127.0.0.1 dst=10.44.6.21 sport=15001 dport=40112 [ASSURED] use=1';

  it('are those that conntrack lists of each family, and none where it is not installed or may not look', async () => {
    const both = machineWith({ 'conntrack -L -f ipv4': `${LINE}\n`, 'conntrack -L -f ipv6': { exitCode: 1, stdout: `${LINE}\n` } });
    expect(await readFlows(both.namespace, ['ip', 'ip6'], 1000)).toHaveLength(1);
    expect(both.asked).toEqual(['conntrack -L -f ipv4', 'conntrack -L -f ipv6']);
    expect(await readFlows(machineWith({}).namespace, ['ip', 'ip6'], 1000)).toEqual([]);
  });
});

describe('a kernel has nft', () => {
  const built = () => '0000000000000000 T nft_do_chain\n';
  const lacking = () => '0000000000000000 T nft_do_chains\n0000000000000000 T schedule\n';
  it.each([
    ['where the module is loaded', 'nf_tables 311296 3 nft_compat, Live 0x0\n', lacking, true],
    ['where it is built in', 'veth 1 0 - Live 0x0\n', built, true],
    ['perhaps, where no symbols are told', 'veth 1 0 - Live 0x0\n', () => undefined, true],
    ['perhaps, where modules are unknown to it', undefined, lacking, true],
    ['not, where it is neither loaded nor built in', 'nf_tables_x 1 0 - Live 0x0\n', lacking, false],
  ])('%s', (_, modules, symbols, expected) => {
    expect(hasNft(modules, symbols)).toBe(expected);
  });
});
