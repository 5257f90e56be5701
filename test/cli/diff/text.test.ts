import { applyPatch, parsePatch } from 'diff';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../src/cli/diff/comparison.ts';
import { compareOperands, isKnownSame, isSame } from '../../../src/cli/diff/comparison.ts';
import { patchForm } from '../../../src/cli/diff/patch.ts';
import { textForm } from '../../../src/cli/diff/text.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import { printList } from '../../../src/netfilter/list/print-list.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { capture } from '../../golden.ts';
import { at, compareTexts, SAVE, textSource } from './operands.ts';

const ONLY_OURS = { all: false } as const;
const text = (comparison: Comparison): string => textForm(comparison, plain);

/** Part of a text between two blank lines, by its first line. */
const part = (whole: string, start: string): string => whole.split('\n\n').find((one) => one.startsWith(start)) ?? '';

describe('the text', () => {
  it('names both sides, shows each difference between its neighbours, in words, and counts them', () => {
    const after = SAVE.replace('-A ISTIO_OUTPUT -d 10.0.0.1/32 -j RETURN\n', '')
      .replace('--dport 80', '--dport 443')
      .replace('-A OUTPUT -p tcp', '-A OUTPUT');
    expect(text(compareTexts(SAVE, after))).toBe(`--- before.txt (IPv4)
+++ after.txt (IPv4)

IPv4 nat OUTPUT
- 2    -p tcp -j ISTIO_OUTPUT
+   2  -j ISTIO_OUTPUT
         changed: without -p tcp

IPv4 nat ISTIO_OUTPUT
- 1    -d 10.0.0.1/32 -j RETURN
  2 1  -d 10.0.0.2/32 -j RETURN
  3 2  -d 10.0.0.3/32 -j RETURN
  4 3  -d 10.0.0.4/32 -j RETURN
  5 4  -d 10.0.0.5/32 -j RETURN
- 6    -p tcp -m tcp --dport 80 -j RETURN
+   5  -p tcp -m tcp --dport 443 -j RETURN
         changed: --dport 80 -> 443
  7 6  -d 10.0.0.6/32 -j RETURN

Different: 1 rule only left (-), 2 rules changed.
Ignored; --all compares them:
  - 2 rules and 1 chain of kube-proxy and kubelet
  + 2 rules and 1 chain of kube-proxy and kubelet
`);
  });

  it('keeps the two lines of a changed rule together, whatever came before them', () => {
    const after = SAVE.replace(
      '-A ISTIO_OUTPUT -p tcp -m tcp --dport 80',
      '-A ISTIO_OUTPUT -s 10.9.0.0/16 -j DROP\n-A ISTIO_OUTPUT -p tcp -m tcp --dport 443',
    );
    expect(text(compareTexts(SAVE, after))).toContain(`
+   6  -s 10.9.0.0/16 -j DROP
- 6    -p tcp -m tcp --dport 80 -j RETURN
+   7  -p tcp -m tcp --dport 443 -j RETURN
`);
  });

  it.each([
    ['-p tcp -m tcp --dport 80 -j DROP', '-p tcp -m tcp --dport 443 -j DROP', '--dport 80 -> 443'],
    ['-p tcp -m tcp --dport 80 -j DROP', '-p tcp -m tcp ! --dport 80 -j DROP', '--dport 80 -> ! --dport 80'],
    ['-p tcp -j DROP', '-p tcp -m tcp --dport 80 -j DROP', 'with --dport 80'],
    ['-p tcp -j DROP', '-j DROP', 'without -p tcp'],
    ['-p tcp -j DROP', '-p tcp -j ACCEPT', '-j DROP -> ACCEPT'],
    ['-p tcp -j REDIRECT --to-ports 80', '-p tcp -j REDIRECT', '-j REDIRECT --to-ports 80 -> REDIRECT'],
    ['-p tcp -j DROP', '-p tcp', 'without -j DROP'],
    [
      '-p udp -m udp --dport 53 -m owner --uid-owner 1 -j DROP',
      '-p udp -m owner --uid-owner 1 -m udp --dport 53 -j DROP',
      'its modules stand in another order',
    ],
  ])('says of %j and %j what changed', (left, right, words) => {
    const save = (rule: string): string => `*nat\n-A OUTPUT ${rule}\nCOMMIT\n`;
    expect(text(compareTexts(save(left), save(right)))).toContain(`\n         changed: ${words}\n`);
  });

  it('says of a rule that moved where it was and where it is, in both places', () => {
    const rule = '-A ISTIO_OUTPUT -d 10.0.0.1/32 -j RETURN\n';
    const after = SAVE.replace(rule, '').replace('-A KUBE-SERVICES', `${rule}-A KUBE-SERVICES`);
    expect(part(text(compareTexts(SAVE, after)), 'IPv4 nat ISTIO_OUTPUT')).toBe(`IPv4 nat ISTIO_OUTPUT
~ 1    -d 10.0.0.1/32 -j RETURN
         moved: to 7
  2 1  -d 10.0.0.2/32 -j RETURN
  3 2  -d 10.0.0.3/32 -j RETURN
  ...
  6 5  -p tcp -m tcp --dport 80 -j RETURN
  7 6  -d 10.0.0.6/32 -j RETURN
~   7  -d 10.0.0.1/32 -j RETURN
         moved: from 1`);
  });

  it('names a policy, and a chain that one side does not have', () => {
    const after = `${SAVE.replaceAll(/.*KUBE-SERVICES.*\n/g, '')}*filter\n:INPUT DROP [0:0]\n:MINE - [0:0]\n-A MINE -j RETURN\nCOMMIT\n`;
    expect(text(compareTexts(SAVE, after))).toContain(`
IPv4 filter INPUT
-      policy ACCEPT
+      policy DROP

IPv4 filter MINE, a chain that only the right has
+   1  -j RETURN

Different: 1 rule only right (+), 1 policy changed, 1 chain only right (+).
`);
  });

  it('says why a rule of a plan is there, and which setting made it so', () => {
    const found = text(compareOperands(at('1.23'), at('1.23', ['inbound.excludePorts=15090,15021,80']), ONLY_OURS));
    expect(found).toContain(`
- 4    -p tcp -m tcp --dport 15020 -j RETURN
         why: Inbound port 15020 is left alone. (inbound.excludePorts from default injection of 1.23.6)
+   4  -p tcp -m tcp --dport 80 -j RETURN
         changed: --dport 15020 -> 80
         why: Inbound port 80 is left alone. (inbound.excludePorts from --set)
`);
  });

  it('compares what lies outside the packet filter, where both sides tell of it', () => {
    const [left, right] = [at('1.23'), at('1.23', ['mode=TPROXY', 'dualStack=true'], ['10.0.0.7/24', '2001:db8::7/64'])];
    const found = compareOperands(left, right, ONLY_OURS);
    expect(text(found)).toContain(`
ip rule (outside the packet filter)
+  fwmark 1337 lookup 133
     why: Packets with mark 1337 are delivered to the proxy by table 133. (mode from --set; tproxy.mark, tproxy.routeTable from default injection of 1.23.6)
`);
    expect(found.routing.map(({ kind, printedBy }) => `${kind} ${printedBy}`)).toEqual([
      'extra ip rule',
      'extra ip -6 rule',
      'extra ip route',
      'extra ip -6 route',
      'extra ip -6 addr',
    ]);
    expect(compareOperands(at('1.23', ['mode=TPROXY']), right, ONLY_OURS).routing.map(({ printedBy }) => printedBy)).toEqual([
      'ip -6 rule',
      'ip -6 route',
      'ip -6 addr',
    ]);
    expect(
      compareOperands(right, left, { all: false, family: 'ip6' }).routing.map(({ kind, printedBy }) => `${kind} ${printedBy}`),
    ).toEqual(['missing ip -6 rule', 'missing ip -6 route', 'missing ip -6 addr']);
    const elsewhere = compareOperands(at('1.23', ['mode=TPROXY']), at('1.23', ['mode=TPROXY', 'tproxy.routeTable=134']), ONLY_OURS);
    expect(isSame(elsewhere)).toBe(false);
    expect(text(elsewhere)).toContain('\n\nDifferent: 4 outside the packet filter.\n');
    const saved = textSource(printSave(right.seen.ip));
    expect(compareOperands(saved, right, { all: false, family: 'ip' })).toMatchObject({
      routing: [],
      notCompared: [{ operand: 'left', reason: 'policy rules, routes and addresses are unknown' }],
    });
  });

  it('keeps what a terminal would obey out of it', () => {
    const found = compareOperands(
      textSource(SAVE, 'a\u001b[2Jb'),
      textSource(SAVE.replace('10.0.0.6', '10.0.0.9\u001b[2J\u0008'), 'c\nd'),
      ONLY_OURS,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be there.
    expect(text(found)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text(found)).toMatch(/^--- a\\u001b\[2Jb \(IPv4\)\n\+\+\+ c\\u000ad \(IPv4\)\n/);
  });
});

describe('not compared is', () => {
  const plan = at('1.23', ['mode=TPROXY', 'dualStack=true'], ['10.0.0.7/24', '2001:db8::7/64']);

  it('what a listing of nat alone does not show', () => {
    const listing = textSource(printList({ family: 'ip', tables: plan.seen.ip.tables.filter(({ name }) => name === 'nat') }));
    const found = compareOperands(listing, plan, ONLY_OURS);
    expect(isSame(found)).toBe(true);
    expect(text(found).split('\n').slice(3)).toEqual([
      'No differences in what both operands show.',
      'Not compared:',
      '  - IPv4 mangle: this table is not shown',
      '  - IPv6: nothing of this family is shown',
      '  - policy rules, routes and addresses are unknown',
      '',
    ]);
  });

  it('an interface that a listing without -v hides: it is in no form, and stands in the rules around', () => {
    const plan23 = at('1.23');
    const hiding = printList(plan23.seen.ip)
      .split('\n')
      .map((line) => line.replace(/^ *(pkts|\d+) +(bytes|\d+) (.*?) (in|\*|lo|eth\S*) +(out|\*|lo|eth\S*) +/, '$3 '))
      .join('\n');
    expect(hiding).toContain('ISTIO_OUTPUT');
    const listing = textSource(hiding.replace('! owner GID match 1337', '! owner GID match 1338'));
    for (const [left, right, from, to] of [
      [listing, plan23, '1338', '1337'],
      [plan23, listing, '1337', '1338'],
    ] as const) {
      const found = compareOperands(left, right, ONLY_OURS);
      expect(text(found)).toContain(`changed: ! --gid-owner ${from} -> ${to}\n`);
      expect(text(found)).toContain('\n  5 5  ! -d 127.0.0.1/32 -o lo -p tcp');
      expect(text(found)).toMatch(
        /Different: 1 rule changed\.\nNot compared:\n {2}[-+] IPv4 nat: the interfaces of its rules are not shown\n$/,
      );
      // Around the rule that differs, the patch keeps what the left shows.
      const [save, other] = [printSave(left.seen.ip), printSave(right.seen.ip)];
      const lineOf = (whole: string): string => whole.split('\n').find((line) => line.includes('! --gid-owner')) ?? '';
      expect(applyPatch(save, parsePatch(patchForm(found))[0] ?? '')).toBe(save.replace(lineOf(save), lineOf(other)));
    }
  });

  it('a policy that is not shown, where the other side refuses packets by it', () => {
    const commands = textSource('iptables -A INPUT -p tcp -j ACCEPT\n');
    const saved = textSource('*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n');
    expect(compareOperands(commands, saved, ONLY_OURS).notCompared).toEqual([
      { operand: 'left', kind: 'form', family: 'ip', table: 'filter', reason: 'the policy of INPUT is not shown' },
    ]);
  });

  it('a line that could not be read', () => {
    const found = compareOperands(textSource(capture('damaged-default.save.txt')), at('1.12'), ONLY_OURS);
    expect(isSame(found)).toBe(true);
    expect(isKnownSame(found)).toBe(false);
    expect(found.notCompared.flatMap(({ lines }) => lines ?? []).sort()).toEqual([5, 6, 7, 8, 9]);
    expect(new Set(found.notCompared.map(({ table }) => table))).toEqual(new Set(['nat']));
  });

  it('the family that was not asked for', () => {
    const found = compareOperands(at('1.23'), plan, { all: false, family: 'ip6' });
    expect(new Set(found.tables.map(({ family }) => family))).toEqual(new Set(['ip6']));
    expect(found.notCompared).toEqual([]);
    const live = { ...plan, seen: { ...plan.seen, unseen: [{ family: 'ip6' as const, reason: 'a native table' }, { reason: 'a line' }] } };
    const reasons = (family: 'ip' | 'ip6'): readonly string[] =>
      compareOperands(live, textSource(SAVE), { all: false, family }).notCompared.map(({ reason }) => reason);
    expect(reasons('ip')).toEqual(['a line', 'policy rules, routes and addresses are unknown']);
    expect(reasons('ip6')).toEqual([
      'a native table',
      'a line',
      'nothing of this family is shown',
      'policy rules, routes and addresses are unknown',
    ]);
  });
});

describe('rules of other programs', () => {
  const left = SAVE;
  const right = SAVE.replaceAll(/.*KUBE-SERVICES.*\n/g, '');

  it('count for the places of the rules that are shown', () => {
    const more = left.replace('-A ISTIO_OUTPUT -d 10.0.0.1', '-A OUTPUT -p udp -j DROP\n-A ISTIO_OUTPUT -d 10.0.0.1');
    expect(text(compareTexts(right, more))).toContain('IPv4 nat OUTPUT\n  1 2  -p tcp -j ISTIO_OUTPUT\n+   3  -p udp -j DROP\n');
    expect(text(compareTexts(more, right))).toContain('IPv4 nat OUTPUT\n  2 1  -p tcp -j ISTIO_OUTPUT\n- 3    -p udp -j DROP\n');
  });

  it('are left out and counted, unless all are asked for', () => {
    const found = compareTexts(left, right);
    expect(isSame(found)).toBe(true);
    expect(text(found)).toMatch(/No differences\.\nIgnored; --all compares them:\n {2}- 2 rules and 1 chain of kube-proxy and kubelet\n$/);
    const all = compareTexts(left, right, true);
    expect(text(all)).toContain('IPv4 nat OUTPUT\n- 1    -j KUBE-SERVICES\n  2 1  -p tcp -j ISTIO_OUTPUT\n');
    expect(text(all)).toContain('Different: 2 rules only left (-), 1 chain only left (-).\n');
    expect(text(all)).not.toContain('Left out');
  });
});
