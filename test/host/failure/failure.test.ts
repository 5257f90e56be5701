import { expect, it } from 'vitest';
import type { CallInput } from '../../../src/host/failure/explain-failure.ts';
import { explainFailure } from '../../../src/host/failure/explain-failure.ts';
import { printFailure } from '../../../src/host/failure/failure.ts';
import type { Capability, Rights } from '../../../src/host/failure/rights.ts';
import type { Ran } from '../../../src/host/run.ts';
import type { Cause } from '../../../src/istio/found/runs/failure-signs.ts';

function rights(...held: readonly Capability[]): Rights {
  return { has: (capability) => held.includes(capability), root: true, modules: undefined };
}

const ALL = rights('NET_ADMIN', 'NET_RAW');

function ran(program: string, exitCode: number, stderr: string, more: Partial<Ran> = {}): Ran {
  return { argv: [program], exitCode, signal: null, stdout: '', stderr, timedOut: false, notFound: false, ...more };
}

const TEXT = `*nat
:ISTIO_OUTPUT - [0:0]
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
*mangle
-D OUTPUT -p tcp -j ISTIO_OUTPUT
-A PREROUTING -p tcp -j TPROXY --on-port 15006
COMMIT
`;

// Word for word as iptables 1.8.9 and iproute2 6.1 say it.
const SAID: readonly {
  readonly cause: Cause;
  readonly ran: Ran;
  readonly rights?: Rights;
  readonly table?: string;
  readonly rule?: string;
}[] = [
  {
    cause: 'no-net-admin',
    rights: rights('NET_RAW'),
    ran: ran(
      'iptables-nft-restore',
      4,
      'iptables-nft-restore v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
    ),
  },
  {
    cause: 'not-permitted',
    ran: ran(
      'iptables-nft-save',
      4,
      'iptables-nft-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
    ),
  },
  ...(['no-net-admin', 'no-net-raw', 'kernel-support'] as const).map((cause) => ({
    cause,
    rights: cause === 'kernel-support' ? ALL : cause === 'no-net-raw' ? rights('NET_ADMIN') : rights('NET_RAW'),
    table: 'nat',
    ran: ran(
      'iptables-legacy-restore',
      2,
      "iptables-restore v1.8.9 (legacy): iptables-restore: unable to initialize table 'nat'\nError occurred at line: 1\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.\n",
    ),
  })),
  {
    cause: 'lock-held',
    ran: ran('iptables-legacy-restore', 4, 'Another app is currently holding the xtables lock. Stopped waiting after 1s.\n'),
  },
  { cause: 'lock-held', ran: ran('iptables-legacy', 4, "Can't lock /run/xtables.lock: Resource temporarily unavailable\n") },
  { cause: 'lock-file', ran: ran('iptables-legacy-restore', 4, "Fatal: can't open lock file /run/xtables.lock: Permission denied\n") },
  {
    cause: 'refused',
    table: 'mangle',
    rule: '-A PREROUTING -p tcp -j TPROXY --on-port 15006',
    ran: ran(
      'iptables-nft-restore',
      4,
      'iptables-nft-restore v1.8.9 (nf_tables): \nline 9: RULE_APPEND failed (Invalid argument): rule in chain PREROUTING\n',
    ),
  },
  { cause: 'refused', table: 'nat', ran: ran('iptables-legacy-restore', 1, 'iptables-restore: line 6 failed\n') },
  {
    cause: 'gone',
    table: 'mangle',
    rule: '-D OUTPUT -p tcp -j ISTIO_OUTPUT',
    ran: ran('iptables-legacy-restore', 1, 'iptables-restore: line 8 failed\n'),
  },
  {
    cause: 'gone',
    table: 'mangle',
    rule: '-D OUTPUT -p tcp -j ISTIO_OUTPUT',
    ran: ran('iptables-nft-restore', 1, 'iptables-nft-restore: line 8 failed: Bad rule (does a matching rule exist in that chain?).\n'),
  },
  { cause: 'gone', ran: ran('iptables-nft-restore', 1, 'iptables-nft-restore: line 2 failed: No chain/target/match by that name.\n') },
  {
    cause: 'gone',
    ran: ran(
      'iptables-nft-restore',
      4,
      'iptables-nft-restore v1.8.9 (nf_tables): \nline 2: CHAIN_DEL failed (Device or resource busy): chain C1\n',
    ),
  },
  { cause: 'gone', ran: ran('ip', 2, 'RTNETLINK answers: File exists\nCommand failed -:2\n') },
  { cause: 'gone', ran: ran('ip', 2, 'RTNETLINK answers: No such file or directory\nCommand failed -:1\n') },
  { cause: 'no-net-admin', rights: rights(), ran: ran('ip', 2, 'RTNETLINK answers: Operation not permitted\n') },
  {
    cause: 'unreadable',
    table: 'nat',
    rule: '-A OUTPUT -p tcp -j ISTIO_OUTPUT',
    ran: ran(
      'iptables-nft-restore',
      2,
      'iptables-nft-restore v1.8.9 (nf_tables): unknown option "--frobnicate"\nError occurred at line: 3\n',
    ),
  },
  {
    cause: 'extension-missing',
    table: 'nat',
    rule: '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN',
    ran: ran(
      'iptables-legacy-restore',
      2,
      "iptables-restore v1.8.9 (legacy): Couldn't load match `owner':No such file or directory\n\nError occurred at line: 4\n",
    ),
  },
  {
    cause: 'kernel-support',
    table: 'nat',
    rule: '-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001',
    ran: ran(
      'iptables-nft-restore',
      4,
      'iptables-nft-restore v1.8.9 (nf_tables): \nline 5: RULE_APPEND failed (No such file or directory): rule in chain ISTIO_OUTPUT\n',
    ),
  },
  {
    cause: 'kernel-support',
    ran: ran(
      'iptables-nft-restore',
      4,
      'Warning: Extension REDIRECT revision 0 not supported, missing kernel module?\niptables-nft-restore: line 6 failed\n',
    ),
  },
  { cause: 'namespace', ran: ran('iptables-nft-save', 1, 'nsenter: cannot open /proc/7/ns/net: No such file or directory\n') },
  { cause: 'program-missing', ran: ran('iptables-nft-save', 0, 'spawn iptables-nft-save ENOENT', { exitCode: null, notFound: true }) },
  { cause: 'deadline', ran: ran('iptables-nft-restore', 0, '', { exitCode: null, signal: 'SIGKILL', timedOut: true }) },
  { cause: 'killed', ran: ran('iptables-nft-restore', 0, '', { exitCode: null, signal: 'SIGKILL' }) },
  { cause: 'unknown', ran: ran('iptables-nft-restore', 111, 'something new\n') },
];

it.each(SAID)('$ran.stderr means $cause', ({ cause, ran: of, rights: held = ALL, table, rule }) => {
  const asked: CallInput = { family: 'ip', text: TEXT };
  const failure = explainFailure(of, asked, held);
  expect({ cause: failure.cause, table: failure.table, rule: failure.rule }).toEqual({
    cause,
    table: table ?? failure.table,
    rule,
  });
  expect(failure.text).not.toBe('');
  expect(failure.fix).not.toBe('');
});

it('the message names the program, the rule, the cause and the fix', () => {
  const said =
    'iptables-nft-restore v1.8.9 (nf_tables): \nline 5: RULE_APPEND failed (No such file or directory): rule in chain ISTIO_OUTPUT\n';
  expect(printFailure(explainFailure(ran('iptables-nft-restore', 4, said), { family: 'ip', text: TEXT }, ALL))).toBe(
    `iptables-nft-restore ended with exit code 4 (IPv4, table nat)
rule: -A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001
it said: iptables-nft-restore v1.8.9 (nf_tables): ; line 5: RULE_APPEND failed (No such file or directory): rule in chain ISTIO_OUTPUT
cause: the kernel lacks what the rules need: one of nf_tables, nft_compat, nft_chain_nat, xt_REDIRECT
fix: on the node: modprobe -a nf_tables nft_compat nft_chain_nat xt_REDIRECT (and one line each in /etc/modules-load.d/istio.conf); a container can not load modules, under SELinux not even by using them. Or choose the other backend with --backend`,
  );
});

it('of the modules that rules need only those that are not loaded are named', () => {
  const said = "iptables-restore v1.8.9 (legacy): iptables-restore: unable to initialize table 'nat'\nError occurred at line: 1\n";
  const loaded = { ...ALL, modules: new Set(['xt_owner', 'xt_REDIRECT']) };
  const { text, fix } = explainFailure(ran('ip6tables-legacy-restore', 2, said), { family: 'ip6', text: TEXT }, loaded);
  expect(text).toBe('the kernel lacks what the rules need: not loaded: ip6table_nat');
  expect(fix).toContain('modprobe -a ip6table_nat xt_owner xt_REDIRECT');
});
