import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/netfilter/family.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { readRules } from '../../../src/netfilter/read.ts';

/** `ip nat OUTPUT -j RETURN`, for every rule. */
function rules(text: string, family?: Family): readonly string[] {
  return readRules(text, family === undefined ? {} : { family }).rulesets.flatMap((ruleset) =>
    ruleset.tables.flatMap((table) =>
      [...printSave({ ...ruleset, tables: [table] }).matchAll(/^-A (.*)$/gm)].map(([, rule]) => `${ruleset.family} ${table.name} ${rule}`),
    ),
  );
}

function unreadable(text: string): readonly (readonly [number, string | undefined])[] {
  return readRules(text).problems.map(({ line, args }) => [line, args['reason']] as const);
}

describe('a command', () => {
  it.each([
    'iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'iptables -A OUTPUT -p tcp -j RETURN -t nat',
    'iptables --table nat --append OUTPUT -p tcp --jump RETURN',
    'iptables --table=nat -A OUTPUT -p tcp -j RETURN',
    'iptables -p tcp -t nat -A OUTPUT -j RETURN',
    'iptables -w -t nat -A OUTPUT -p tcp -j RETURN',
    'iptables -w 30 -t nat -A OUTPUT -p tcp -j RETURN',
    'iptables --wait=30 -t nat -A OUTPUT -p tcp -j RETURN',
    'iptables-legacy -t nat -A OUTPUT -p tcp -j RETURN',
    '/usr/sbin/iptables-nft -t nat -A OUTPUT -p tcp -j RETURN',
    '+ iptables -t nat -A OUTPUT -p tcp -j RETURN',
    '++ iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'sudo iptables -t nat -A OUTPUT -p tcp -j RETURN',
    '$ sudo iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'root@pod:/# iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'XTABLES_LOCKFILE=/tmp/lock iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'ip netns exec blue iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'nsenter -t 1234 -n iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'kubectl exec pod -c istio-proxy -- iptables -t nat -A OUTPUT -p tcp -j RETURN',
    '2021-04-02T10:11:12.345678Z\tinfo\tRunning command: iptables -t nat -A OUTPUT -p tcp -j RETURN',
    'iptables -t nat -A OUTPUT -p tcp -j RETURN 2>/dev/null || true',
    'iptables -t nat -A OUTPUT \\\n    -p tcp \\\n    -j RETURN',
    'iptables -t nat -F OUTPUT; iptables -t nat -A OUTPUT -p tcp -j RETURN && echo done',
  ])('%j is a rule', (text) => {
    expect(rules(`${text}\n`)).toEqual(['ip nat OUTPUT -p tcp -j RETURN']);
  });

  it('without a table is for filter, and of ip6tables for IPv6', () => {
    expect(rules('ip6tables -A INPUT -d ::1/128 -j ACCEPT')).toEqual(['ip6 filter INPUT -d ::1/128 -j ACCEPT']);
  });

  it('that only prose, a comment or a question has is none', () => {
    expect(rules('You could run iptables -t nat -A OUTPUT -j RETURN to see.')).toEqual([]);
    expect(rules('# iptables -t nat -A OUTPUT -j RETURN')).toEqual([]);
    expect(rules('+ iptables -t nat -C OUTPUT -j RETURN')).toEqual([]);
    expect(rules('iptables: No chain/target/match by that name.')).toEqual([]);
  });

  it('that iptables would refuse is named with its line', () => {
    expect(unreadable('+ iptables -t nat -N X\n+ iptables -t nat -A X -p tcp --dport 80a -j RETURN\n+ iptables -t nat -E X Y\n')).toEqual(
      [
        [2, '80a is not a value that --dport takes'],
        [3, 'a chain that changes its name is not understood'],
      ].map(([line, reason]) => [line, reason]),
    );
  });
});

describe('commands one after the other', () => {
  const run = (...commands: readonly string[]): readonly string[] =>
    rules(commands.map((command) => `iptables -t nat ${command}\n`).join(''));

  it('insert at the head, or where they say', () => {
    expect(run('-A X -j RETURN', '-I X -p tcp -j RETURN', '-I X 2 -p udp -j RETURN', '-I X 99 -p icmp -j RETURN')).toEqual([
      'ip nat X -p tcp -j RETURN',
      'ip nat X -p udp -j RETURN',
      'ip nat X -j RETURN',
      'ip nat X -p icmp -j RETURN',
    ]);
  });

  it('delete the first rule that is the same, whatever its spelling, and nothing where there is none', () => {
    const three = ['-A X -p tcp --dport 80 -j RETURN', '-A X -p tcp -j RETURN', '-A X -p tcp -m tcp --dport 0x50 -j RETURN'];
    expect(run(...three, '-D X --protocol tcp --destination-port 80 -j RETURN')).toEqual([
      'ip nat X -p tcp -j RETURN',
      'ip nat X -p tcp -m tcp --dport 80 -j RETURN',
    ]);
    expect(run(...three, '-D X -p udp -j RETURN', '-D Y -j RETURN')).toHaveLength(3);
    expect(run(...three, '-D X 2')).toEqual(['ip nat X -p tcp -m tcp --dport 80 -j RETURN', 'ip nat X -p tcp -m tcp --dport 80 -j RETURN']);
  });

  it('replace, flush and remove', () => {
    expect(run('-A X -j RETURN', '-R X 1 -j ACCEPT', '-R X 2 -j DROP')).toEqual(['ip nat X -j ACCEPT']);
    expect(run('-A X -j RETURN', '-A Y -j RETURN', '-F X')).toEqual(['ip nat Y -j RETURN']);
    expect(run('-A X -j RETURN', '-A OUTPUT -j RETURN', '-F')).toEqual([]);
    const { rulesets } = readRules(
      'iptables -t nat -N X\niptables -t nat -N Y\niptables -t nat -A OUTPUT -j ACCEPT\niptables -t nat -X Y\n',
    );
    expect(rulesets[0]?.tables[0]?.chains.map(({ name }) => name)).toEqual(['X', 'OUTPUT']);
    expect(readRules('iptables -t nat -N X\niptables -t nat -P OUTPUT DROP\niptables -t nat -X\n').rulesets[0]?.tables[0]?.chains).toEqual([
      { name: 'OUTPUT', policy: 'DROP', rules: [] },
    ]);
  });

  it('are the log of the shell program that releases before 1.5 had, its clean-up and its two saves included', () => {
    const text = `+ iptables -t nat -D PREROUTING -p tcp -j ISTIO_INBOUND
iptables: No chain/target/match by that name.
+ iptables -t nat -F ISTIO_OUTPUT
+ iptables -t nat -X ISTIO_OUTPUT
+ iptables -t nat -N ISTIO_REDIRECT
+ iptables -t nat -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-port 15001
+ iptables -t nat -A ISTIO_OUTPUT -o lo '!' -d 127.0.0.1/32 -j ISTIO_REDIRECT
+ ip6tables -F INPUT
+ ip6tables -A INPUT -m state --state ESTABLISHED -j ACCEPT
+ ip6tables -A INPUT -j REJECT
`;
    const expected = [
      'ip nat ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -j ISTIO_REDIRECT',
      'ip nat ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
      'ip6 filter INPUT -m state --state ESTABLISHED -j ACCEPT',
      'ip6 filter INPUT -j REJECT --reject-with icmp6-port-unreachable',
    ];
    expect(rules(text)).toEqual(expected);
    expect(readRules(text).problems).toEqual([]);
    const saves = `+ iptables-save
# Generated by iptables-save v1.6.0 on Wed Jan  9 20:08:13 2019
*nat
:PREROUTING ACCEPT [0:0]
:ISTIO_REDIRECT - [0:0]
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
# Completed on Wed Jan  9 20:08:13 2019
+ ip6tables-save
# Generated by ip6tables-save v1.6.0 on Wed Jan  9 20:08:13 2019
*filter
:INPUT ACCEPT [0:0]
-A INPUT -j REJECT --reject-with icmp6-port-unreachable
COMMIT
`;
    expect(rules(text + saves)).toEqual([expected[1], expected[3]]);
  });
});

describe('iptables -S', () => {
  const text =
    '-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n-N ISTIO_OUTPUT\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -j RETURN\n';

  it('is of the table whose chains it has', () => {
    expect(readRules(text)).toMatchObject({ tables: [{ family: 'ip', table: 'nat', form: 'rules', stated: false }], problems: [] });
    expect(rules(text)).toEqual(['ip nat OUTPUT -p tcp -j ISTIO_OUTPUT', 'ip nat ISTIO_OUTPUT -j RETURN']);
  });

  it('with counters is the same', () => {
    const counted = text.replaceAll('ACCEPT\n', 'ACCEPT -c 5 6\n').replace('-j RETURN', '-c 7 8 -j RETURN');
    expect(rules(counted)).toEqual(rules(text));
    expect(readRules(counted).rulesets[0]?.tables[0]?.chains.at(-1)?.rules[0]?.counters).toEqual({ packets: 7n, bytes: 8n });
  });

  it('of two tables one after the other is two tables', () => {
    expect(readRules(`${text}-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n`).tables.map(({ table }) => table)).toEqual([
      'nat',
      'filter',
    ]);
  });

  it.each([
    ['-A X -p tcp -j REDIRECT --to-ports 15001', 'nat', 'a rule has the target REDIRECT'],
    ['-A X -p tcp -j TPROXY --on-port 15006', 'mangle', 'a rule has the target TPROXY'],
    ['-A X -p udp -j CT --zone 1', 'raw', 'a rule has the target CT'],
    ['-A ISTIO_OUTPUT -p tcp -j RETURN', 'nat', 'there is a chain ISTIO_OUTPUT'],
    ['-A ISTIO_DIVERT -p tcp -j ACCEPT', 'mangle', 'there is a chain ISTIO_DIVERT'],
    ['-A POSTROUTING -p tcp -j ACCEPT', 'nat', 'it has the chain POSTROUTING'],
    ['-A X -p tcp -j ACCEPT', 'filter', 'iptables shows it when no table is asked for'],
  ])('that shows only %s is taken for %s', (line, table, reason) => {
    const { tables, problems } = readRules(`${line}\n`);
    expect(tables).toMatchObject([{ table }]);
    expect(problems[0]).toMatchObject({ code: 'table-assumed', severity: 'info', args: { table, reason } });
  });

  it('behind its command is of the table that was requested', () => {
    expect(readRules(`$ ip6tables -t mangle -S X\n-N X\n-A X -j RETURN\n`).tables).toMatchObject([
      { family: 'ip6', table: 'mangle', stated: true },
    ]);
  });
});

describe('a mark that is glued to a name', () => {
  const save = (name: string): string =>
    `*nat\n:OUTPUT ACCEPT [0:0]\n:ISTIO_REDIRECT - [0:0]\n:${name} - [0:0]\n-A OUTPUT -j ${name}\nCOMMIT\n`;

  // Otherwise a chain of somebody else's stands for Istio's.
  it.each(['ISTIO_REDIRECT#1', 'ISTIO_REDIRECT;1', 'ISTIO_REDIRECT(1', 'ISTIO_REDIRECT<', 'ISTIO_REDIRECT→x', 'ISTIO_REDIRECT（x'])(
    'belongs to the name where the text declares it: %s',
    (name) => {
      expect(rules(save(name))).not.toContain('ip nat OUTPUT -j ISTIO_REDIRECT');
    },
  );

  it('begins a remark where nothing declares such a name', () => {
    expect(rules('*nat\n:ISTIO_REDIRECT - [0:0]\n-A OUTPUT -j ISTIO_REDIRECT# why\nCOMMIT\n')).toEqual(['ip nat OUTPUT -j ISTIO_REDIRECT']);
  });
});
