import { describe, expect, it } from 'vitest';
import { printRule, printSave } from '../../../src/netfilter/print.ts';
import type { ReadOptions } from '../../../src/netfilter/read.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import type { Rule } from '../../../src/netfilter/rule.ts';
import { capture } from '../../golden.ts';

const VERBOSE = ' pkts bytes target     prot opt in     out     source               destination         ';

/** Reads one row of `iptables -t nat -nvL`, or of what the heading names. */
function row(text: string, heading = VERBOSE, family: 'ip' | 'ip6' = 'ip'): Rule {
  const { rulesets, problems } = readRules(`Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n${heading}\n${text}\n`, {
    table: 'nat',
    family,
  });
  expect(problems.filter(({ code }) => code !== 'interfaces-not-shown')).toEqual([]);
  const [rule, ...others] = rulesets[0]?.tables[0]?.chains[0]?.rules ?? [];
  expect(others).toEqual([]);
  if (rule === undefined) throw new Error(`no rule in ${text}`);
  return rule;
}

function behind(words: string, target = 'RETURN', protocol = 'tcp'): string {
  return printRule(
    row(`    0     0 ${target.padEnd(9)}  ${protocol}  --  *      *       0.0.0.0/0            0.0.0.0/0            ${words}`),
  );
}

describe('a captured listing', () => {
  it.each([
    ['2019-05-no-inbound.list.txt', 8, '25', '1500'],
    ['2021-01-default.list.txt', 19, '11729', '704000'],
    ['2024-10-default.list.txt', 18, '139', '8340'],
  ])('%s has %i rules with their counters', (file, count, packets, bytes) => {
    const { rulesets, problems, tables } = readRules(capture(file));
    const rules = rulesets.flatMap((ruleset) => ruleset.tables.flatMap((table) => table.chains.flatMap((chain) => chain.rules)));
    expect(problems).toEqual([]);
    expect(tables).toEqual([{ family: 'ip', table: 'nat', form: 'listing', stated: false, line: 1 }]);
    expect(rules).toHaveLength(count);
    expect(rules[0]?.counters).toMatchObject({ packets: BigInt(packets), bytes: BigInt(bytes) });
  });

  it('tells how far numbers that it shows in thousands may be from the true ones', () => {
    const rules = readRules(capture('2021-01-default.list.txt')).rulesets[0]?.tables[0]?.chains.flatMap((chain) => chain.rules) ?? [];
    expect(rules[0]?.counters).toEqual({ packets: 11_729n, bytes: 704_000n, rounding: { packets: 0n, bytes: 1_000n } });
  });

  it('with named protocols has the rules that its release makes', () => {
    expect(readRules(capture('2019-05-no-inbound.list.txt')).rulesets.map((ruleset) => printSave(ruleset))).toEqual([
      `*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:ISTIO_IN_REDIRECT -
:ISTIO_OUTPUT -
:ISTIO_REDIRECT -
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15001
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -j ISTIO_REDIRECT
-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`,
    ]);
  });
});

describe('the columns of a row', () => {
  it.each([
    ['    0     0 RETURN     0    --  *      lo     !127.0.0.6            0.0.0.0/0           ', '! -s 127.0.0.6/32 -o lo -j RETURN'],
    [
      '    0     0 RETURN    !17   --  eth+   !eth0   10.0.0.0/8          !10.1.0.0/16         ',
      '-s 10.0.0.0/8 ! -d 10.1.0.0/16 -i eth+ ! -o eth0 ! -p udp -j RETURN',
    ],
    ['0 0 RETURN 6 -- * * 0.0.0.0/0 0.0.0.0/0 tcp dpt:22', '-p tcp -m tcp --dport 22 -j RETURN'],
    ['  1172K   70M            6    --  *      *       0.0.0.0/0            1.2.3.4             ', '-d 1.2.3.4/32 -p tcp'],
    ['    0     0 X          all  --  any    any     anywhere             localhost           ', '-d 127.0.0.1/32 -j X'],
    [
      '    0     0 X          6    --  *      *       0.0.0.0/0            0.0.0.0/0           [goto]  owner UID match 5',
      '-p tcp -m owner --uid-owner 5 -g X',
    ],
    ['    0     0 X          17   !f  *      *       0.0.0.0/0            0.0.0.0/0           ', '-p udp ! -f -j X'],
    [
      '    0     0 X          tcp  --  *      *       10.0.0.0/255.0.255.0  a.example.com/24    ',
      '-p tcp -s 10.0.0.0/255.0.255.0 -d a.example.com/24 -j X',
    ],
    ['    0     0 X          rsvp --  *      *       0.0.0.0/0            0.0.0.0/0           ', '-p rsvp -j X'],
  ])('%s are %s', (text, expected) => {
    expect(printRule(row(text))).toBe(expected);
  });

  it('may be fewer without -v, and the interfaces are then unknown, never any', () => {
    const rule = row(
      'ISTIO_OUTPUT  tcp  --  anywhere             anywhere            ',
      'target     prot opt source               destination         ',
    );
    expect(rule).toEqual({
      matches: [
        { kind: 'protocol', negated: false, value: 'tcp' },
        { kind: 'unknown', what: 'interfaces' },
      ],
      target: { kind: 'jump', chain: 'ISTIO_OUTPUT', goto: false },
      line: 3,
    });
  });

  it('may begin with a number', () => {
    expect(
      printRule(
        row(
          '14   DNAT       6    --  127.0.0.1           !10.0.0.0/8           to:1.2.3.4:80',
          'num  target     prot opt source               destination',
        ),
      ),
    ).toBe('-s 127.0.0.1/32 ! -d 10.0.0.0/8 -p tcp -j DNAT --to-destination 1.2.3.4:80');
  });

  it('have nothing below `opt` in an older ip6tables', () => {
    const text = '    0     0 RETURN     tcp      *      lo      ::6                 !::1                 tcp dpt:22';
    expect(printRule(row(text, VERBOSE, 'ip6'))).toBe('-s ::6/128 ! -d ::1/128 -o lo -p tcp -m tcp --dport 22 -j RETURN');
    expect(printRule(row('    0     0            all      *      *       ::/0                 ::/0', VERBOSE, 'ip6'))).toBe('');
  });

  it('are told by what stands in them where a page has lost the heading', () => {
    const text =
      'Chain OUTPUT (policy ACCEPT)\n0 0 X tcp -- * lo 0.0.0.0/0 0.0.0.0/0\nChain X (1 references)\nREDIRECT tcp -- anywhere anywhere redir ports 1\n';
    const rules = readRules(text).rulesets[0]?.tables[0]?.chains.flatMap((chain) => chain.rules.map(printRule));
    expect(rules).toEqual(['-o lo -p tcp -j X', '-p tcp -j REDIRECT --to-ports 1']);
  });
});

describe('the words behind the columns', () => {
  it.each([
    ['tcp dpt:postgresql', '-m tcp --dport 5432 -j RETURN'],
    ['tcp dpt:http-alt', '-m tcp --dport 8080 -j RETURN'],
    ['tcp dpt:no-such-service', '-m tcp --dport no-such-service -j RETURN'],
    ['tcp dpts:ssh:smtp', '-m tcp --dport 22:25 -j RETURN'],
    ['tcp dpt:!15008', '-m tcp ! --dport 15008 -j RETURN'],
    ['tcp spts:1024:65535 dpt:!domain', '-m tcp --sport 1024:65535 ! --dport 53 -j RETURN'],
    ['tcp', '-j RETURN'],
    ['tcp flags:0x17/0x02', '-m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j RETURN'],
    ['multiport dports 53,15008', '-m multiport --dports 53,15008 -j RETURN'],
    ['multiport dports domain,smtp,http:90', '-m multiport --dports 53,25,80:90 -j RETURN'],
    ['multiport dports  !53,15008', '-m multiport ! --dports 53,15008 -j RETURN'],
    ['multiport dports !53,15008', '-m multiport ! --dports 53,15008 -j RETURN'],
    ['multiport sports 1 multiport ports 2', '-m multiport --sports 1 -m multiport --ports 2 -j RETURN'],
    ['owner UID match 1337', '-m owner --uid-owner 1337 -j RETURN'],
    ['! owner UID match 1337 owner GID match 1-5', '-m owner ! --uid-owner 1337 --gid-owner 1-5 -j RETURN'],
    ['OWNER UID match !root', '-m owner ! --uid-owner 0 -j RETURN'],
    ['owner UID match istio-proxy', '-m owner --uid-owner istio-proxy -j RETURN'],
    ['owner socket exists', '-m owner --socket-exists -j RETURN'],
    ['owner GID match 7 incl. suppl. groups', '-m owner --gid-owner 7 --suppl-groups -j RETURN'],
    ['ctstate RELATED,ESTABLISHED', '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'],
    ['! ctstate INVALID ctproto 6', '-m conntrack ! --ctstate INVALID -m conntrack --ctproto 6 -j RETURN'],
    ['state ESTABLISHED', '-m state --state ESTABLISHED -j RETURN'],
    ['mark match 0x539', '-m mark --mark 0x539 -j RETURN'],
    ['mark match ! 0x53a', '-m mark ! --mark 0x53a -j RETURN'],
    ['mark match !0x53a', '-m mark ! --mark 0x53a -j RETURN'],
    ['connmark match  0x539', '-m connmark --mark 0x539 -j RETURN'],
    ['CONNMARK match 0x539/0xff', '-m connmark --mark 0x539/0xff -j RETURN'],
    ['socket', '-m socket -j RETURN'],
    ['socket --transparent', '-m socket --transparent -j RETURN'],
    ['limit: avg 3/sec burst 5 tcp dpt:5', '-m limit --limit 3/sec -m tcp --dport 5 -j RETURN'],
    ['/* it\'s "a" comment: socket */ tcp dpt:80 /* x */', '-m tcp --dport 80 -j RETURN'],
  ])('%s are -p tcp %s', (words, expected) => {
    expect(behind(words)).toBe(`-p tcp ${expected}`);
  });

  it.each([
    ['REDIRECT', 'redir ports 15001', '-j REDIRECT --to-ports 15001'],
    ['REDIRECT', 'tcp dpt:5 redir ports 1-2', '-m tcp --dport 5 -j REDIRECT --to-ports 1-2'],
    ['REDIRECT', '', '-j REDIRECT'],
    ['REDIRECT', 'redir ports 5 random', '-j REDIRECT --to-ports 5 --random'],
    [
      'TPROXY',
      'TPROXY redirect 0.0.0.0:15006 mark 0x539/0xffffffff',
      '-j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff',
    ],
    ['MARK', 'MARK set 0x539', '-j MARK --set-xmark 0x539/0xffffffff'],
    ['MARK', 'mark match 0x1 MARK xset 0x3/0x5', '-m mark --mark 0x1 -j MARK --set-xmark 0x3/0x5'],
    ['MARK', 'MARK and 0x3', '-j MARK --set-xmark 0x0/0xfffffffc'],
    ['MARK', 'MARK or 0x3', '-j MARK --set-xmark 0x3/0x3'],
    ['MARK', 'MARK xor 0x3', '-j MARK --set-xmark 0x3/0x0'],
    ['CONNMARK', 'CONNMARK save', '-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff'],
    [
      'CONNMARK',
      'connmark match  0x539 CONNMARK restore',
      '-m connmark --mark 0x539 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff',
    ],
    ['CONNMARK', 'CONNMARK restore ctmask 0xf nfmask ~0xff', '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf'],
    ['CONNMARK', 'CONNMARK set 0x5', '-j CONNMARK --set-xmark 0x5/0xffffffff'],
    ['CONNMARK', 'CONNMARK xset 0x111/0xfff', '-j CONNMARK --set-xmark 0x111/0xfff'],
    ['CT', 'CT zone 1', '-j CT --zone 1'],
    ['CT', 'NOTRACK', '-j CT --notrack'],
    ['REJECT', 'reject-with icmp-port-unreachable', '-j REJECT --reject-with icmp-port-unreachable'],
    ['DNAT', 'to:127.0.0.1:15053', '-j DNAT --to-destination 127.0.0.1:15053'],
    ['SNAT', 'to:127.0.0.1', '-j SNAT --to-source 127.0.0.1'],
    ['NFLOG', 'nflog-prefix "ab c" nflog-group 3', '-j NFLOG --nflog-prefix "ab c" --nflog-group 3'],
    ['NFLOG', 'nflog-prefix "a" nflog-threshold 4', '-j NFLOG nflog-prefix "a" nflog-threshold 4'],
    ['LOG', 'limit: avg 3/sec LOG flags 0 level 4 prefix "x y"', 'limit: avg 3/sec -j LOG --log-prefix "x y"'],
    ['MASQUERADE', 'masq ports: 5', '-j MASQUERADE --to-ports 5'],
  ])('of the target %s, %s, are %s', (target, words, expected) => {
    expect(behind(words, target)).toBe(`-p tcp ${expected}`);
  });
});

describe('the table of a listing', () => {
  const chains = (names: readonly string[]): string =>
    names.map((name) => `Chain ${name} (policy ACCEPT)\ntarget     prot opt source               destination\n\n`).join('');
  const named = (text: string, options?: ReadOptions): readonly string[] => readRules(text, options).tables.map(({ table }) => table);

  it.each([
    ['nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']],
    ['nat', ['PREROUTING', 'POSTROUTING', 'OUTPUT']],
    ['mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']],
    ['raw', ['PREROUTING', 'OUTPUT']],
    ['filter', ['INPUT', 'FORWARD', 'OUTPUT']],
  ])('is %s with the chains %j', (table, names) => {
    expect(named(chains(names))).toEqual([table]);
  });

  it('may change from one listing to the next without a word', () => {
    const raw = ['PREROUTING', 'OUTPUT'];
    const filter = ['INPUT', 'FORWARD', 'OUTPUT'];
    const nat = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'];
    expect(named(chains([...raw, ...filter, ...nat, ...raw]))).toEqual(['raw', 'filter', 'nat', 'raw']);
  });

  it('is what the command above it asks for', () => {
    const heading = 'target prot opt source destination';
    expect(named(`Output of \`iptables -t mangle -L ISTIO_OUTPUT\`:\n\nChain ISTIO_OUTPUT (1 references)\n${heading}\n`)).toEqual([
      'mangle',
    ]);
    expect(
      named(`$ kubectl exec pod -c istio-proxy -- ip6tables-legacy -t raw -nL OUTPUT\nChain OUTPUT (policy ACCEPT)\n${heading}\n`),
    ).toEqual(['raw']);
  });

  it('is what the caller says, where the text does not show it', () => {
    expect(named('Chain X (1 references)\ntarget prot opt source destination\n', { table: 'raw' })).toEqual(['raw']);
  });

  it('that is filter, without anything of Istio in it, is a problem', () => {
    const text = `root@pod:/# iptables -L\n${chains(['INPUT', 'FORWARD', 'OUTPUT'])}`;
    expect(readRules(text).problems).toMatchObject([{ code: 'wrong-table', severity: 'warning', line: 2 }]);
    expect(readRules(text.replace('-L', '-t filter -L')).problems).toEqual([]);
  });

  it('is shown in part when one chain was requested, and the rest of the table stays', () => {
    const text = (port: number): string =>
      `Chain X (1 references)\ntarget prot opt source destination\nRETURN tcp -- anywhere anywhere tcp dpt:${port}\n`;
    const { rulesets } = readRules(
      `# iptables -t nat -L\n${chains(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'])}${text(1)}# iptables -t nat -L X\n${text(2)}`,
    );
    const table = rulesets[0]?.tables[0];
    expect(table?.chains.map(({ name, rules }) => [name, rules.length])).toEqual([
      ['PREROUTING', 0],
      ['INPUT', 0],
      ['OUTPUT', 0],
      ['POSTROUTING', 0],
      ['X', 1],
    ]);
    expect(table?.chains.at(-1)?.rules.map(printRule)).toEqual(['-p tcp -m tcp --dport 2 -j RETURN']);
  });
});

describe('a listing', () => {
  it('with a damaged row names it and keeps the others', () => {
    const text = `Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n${VERBOSE}\n 0 0 X tcp -- * * 0.0.0.0/0 oops!\n 0 0 X tcp -- * * 0.0.0.0/0 0.0.0.0/0\n`;
    const { problems, rulesets } = readRules(text, { table: 'nat' });
    expect(problems).toMatchObject([{ code: 'unreadable-line', line: 3 }]);
    expect(rulesets[0]?.tables[0]?.chains[0]?.rules).toHaveLength(1);
  });

  it('ends where other text begins', () => {
    const text = `Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n${VERBOSE}\n 0 0 ISTIO_OUTPUT tcp -- * * 0.0.0.0/0 0.0.0.0/0\n\nThe rules above are all there is to it, all of them.\n`;
    expect(readRules(text, { table: 'nat' }).problems).toEqual([]);
    expect(readRules(text.replace('\n\nThe rules', '\nroot@pod:/# exit\nThe rules'), { table: 'nat' }).problems).toEqual([]);
  });

  it('of an unknown family is of the one that its addresses have', () => {
    const text = `Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n${VERBOSE}\n 0 0 X tcp -- * * ::/0 ::/0\n`;
    expect(readRules(text, { table: 'nat' }).rulesets).toMatchObject([{ family: 'ip6' }]);
  });
});
