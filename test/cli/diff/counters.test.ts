import { afterAll, describe, expect, it } from 'vitest';
import { compareByCounters, isUncounted } from '../../../src/cli/diff/by-counters.ts';
import { COUNTER_FORMS } from '../../../src/cli/diff/counter-forms.ts';
import { plain } from '../../../src/cli/terminal/color.ts';
import { withNft } from '../../../src/netfilter/nft/as-rules.ts';
import type { NftRead } from '../../../src/netfilter/nft/read.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { observeText } from '../../../src/netfilter/observation.ts';
import { readRules } from '../../../src/netfilter/read.ts';
import { run, scratchFolder } from '../program.ts';
import { textSource } from './operands.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const save = (...rules: readonly string[]): string => `*nat\n:OUTPUT ACCEPT [0:0]\n:MINE - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
const BEFORE = save('[5:300] -A OUTPUT -p tcp -j MINE', '[2:120] -A MINE -d 10.0.0.1/32 -j RETURN', '[3:180] -A MINE -p tcp -j ACCEPT');

const compare = (before: string, after: string) =>
  compareByCounters(textSource(before, 'before.txt'), textSource(after, 'after.txt'), { all: false });
const text = (before: string, after: string): string => COUNTER_FORMS.text(compare(before, after), plain);
/** What is said of each rule, in the order of the chains. */
const kinds = (before: string, after: string): readonly string[] =>
  compare(before, after).counted.map(
    (one) => `${one.kind}${'packets' in one ? ` ${one.packets}` : ''}${'atLeast' in one && one.atLeast ? '+' : ''}`,
  );

describe('the counters of two looks', () => {
  it('tell which rules were taken, the chain and the rule with the most packets first', () => {
    const after = save('[9:540] -A OUTPUT -p tcp -j MINE', '[3:180] -A MINE -d 10.0.0.1/32 -j RETURN', '[14:360] -A MINE -p tcp -j ACCEPT');
    expect(text(BEFORE, after)).toBe(`--- before.txt (IPv4)
+++ after.txt (IPv4)

IPv4 nat MINE
  11  2  -p tcp -j ACCEPT
   1  1  -d 10.0.0.1/32 -j RETURN

IPv4 nat OUTPUT
   4  1  -p tcp -j MINE

3 rules took packets, 0 took none.
A rule of nat counts the first packet of each connection alone.
`);
  });

  it('that did not change say that nothing came, where all are known', () => {
    expect(isUncounted(compare(BEFORE, BEFORE))).toBe(true);
    expect(text(BEFORE, BEFORE)).toContain('\nNo rule has counted a packet between the two.\n');
    expect(isUncounted(compare(BEFORE, BEFORE.replace('[2:120]', '[3:160]')))).toBe(false);
    expect(isUncounted(compare(BEFORE, BEFORE.replace('[2:120] ', '')))).toBe(false);
  });

  it('that went down began anew, and the others of their table are the least there was', () => {
    const after = BEFORE.replace('[5:300]', '[1:60]').replace('[3:180]', '[4:240]');
    expect(kinds(BEFORE, after)).toEqual(['reset 1', 'counted 0+', 'counted 1+']);
    expect(text(BEFORE, after)).toContain('  >=1  1  -p tcp -j MINE\n          began anew: 5 before, 1 after\n');
    expect(text(BEFORE, after)).toContain('2 rules took packets, 1 took none that is known.\n');
    const filter = '*filter\n[7:7] -A INPUT -j ACCEPT\nCOMMIT\n';
    expect(kinds(BEFORE + filter, after + filter.replace('[7:7]', '[8:8]'))).toContain('counted 1');
  });

  it.each([
    ['of packets alone', '[4:300]', 'reset 4'],
    ['of bytes alone', '[5:299]', 'reset 5'],
  ])('began anew where the number %s went down', (_, counters, first) => {
    expect(kinds(BEFORE, BEFORE.replace('[5:300]', counters))[0]).toBe(first);
  });

  it('of rules that came, went, changed or moved are not laid against others', () => {
    const [, , , rule = '', one = '', other = ''] = BEFORE.split('\n');
    expect(kinds(BEFORE, save(rule, '[9:9] -A MINE -p udp -j DROP', one, other))).toEqual([
      'counted 0',
      'only right',
      'counted 0',
      'counted 0',
    ]);
    expect(kinds(BEFORE, save(rule, other))).toEqual(['counted 0', 'only left', 'counted 0']);
    expect(kinds(BEFORE, save(rule, one, '[9:9] -A MINE -p tcp -j DROP'))).toEqual(['counted 0', 'counted 0', 'only left', 'only right']);
    expect(
      kinds(BEFORE, save(rule, other, one))
        .filter((kind) => kind.startsWith('only'))
        .sort(),
    ).toEqual(['only left', 'only right']);
  });

  it('of equal rules are not known where one of them went', () => {
    const twice = save('[5:5] -A MINE -j RETURN', '[6:6] -A MINE -p udp -j DROP', '[7:7] -A MINE -j RETURN');
    const once = save('[6:6] -A MINE -p udp -j DROP', '[9:9] -A MINE -j RETURN');
    expect(kinds(twice, once)).toEqual(['only left', 'counted 0', 'unknown']);
  });

  it('that only one side shows are not known, of one rule or of all', () => {
    expect(kinds(BEFORE, BEFORE.replace('[2:120] ', ''))).toEqual(['counted 0', 'unknown', 'counted 0']);
    const none = BEFORE.replaceAll(/^\[\d+:\d+\] /gm, '');
    expect(text(none, BEFORE)).toContain(
      '\nNot known: no rule of before.txt shows a counter. iptables-save -c, iptables -L -v and nft list ruleset show them.\n',
    );
    expect(isUncounted(compare(none, none))).toBe(false);
  });

  it('of a listing are as exact as it shows them', () => {
    const listing = (packets: string): string => `Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
${packets} ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0
`;
    const exact = '*filter\n[1172345:9000000] -A OUTPUT -p tcp -j ACCEPT\nCOMMIT\n';
    // 1,172,345 is 1172K: less is no reset, and nothing is known to have come.
    expect(compare(exact, listing('1172K 9000K')).counted).toMatchObject([{ kind: 'counted', packets: 0n, about: true }]);
    expect(text(exact, listing('1180K 9100K'))).toContain('  ~7655  1  -p tcp -j ACCEPT\n');
    expect(compare(exact, listing('1100K 9100K')).counted).toMatchObject([{ kind: 'reset', packets: 1_100_000n }]);
    expect(isUncounted(compare(exact, listing('1172K 9000K')))).toBe(false);
  });

  it('of nft are told, and without numbers (nft -s) they are not known', () => {
    const listed = (counter: string) => {
      const shown = `table inet mine {\n\tchain out {\n\t\ttype filter hook output priority filter; policy accept;\n\t\ttcp dport 80 ${counter} drop\n\t}\n}\n`;
      const read = withNft(readRules(shown), readNft(shown) as NftRead);
      return { ...textSource('', 'nft.txt'), seen: observeText(read) };
    };
    const counted = (right: string) => compareByCounters(listed('counter packets 4 bytes 240'), listed(right), { all: false });
    expect(counted('counter packets 6 bytes 360').counted).toMatchObject([{ packets: 2n }, { packets: 2n }]);
    expect(COUNTER_FORMS.text(counted('counter'), plain)).toContain('Not known: no rule of nft.txt shows a counter.');
  });

  it('are compared by the program, as data with the exit code of a difference, and of two sides only', async () => {
    folder.write('before.txt', BEFORE);
    folder.write('after.txt', BEFORE.replace('[5:300]', '[6:360]'));
    const found = await run(['diff', 'before.txt', 'after.txt', '--counters', '-o', 'json'], { cwd: folder.path });
    expect(found).toMatchObject({ exitCode: 1, stderr: '' });
    expect(JSON.parse(found.stdout)).toMatchObject({
      kind: 'CounterDifference',
      same: false,
      withoutCounters: [],
      rules: [
        {
          ...{ kind: 'counted', family: 'ip', table: 'nat', chain: 'OUTPUT', text: '-p tcp -j MINE' },
          ...{ packets: 1, bytes: 60, atLeast: false, about: false },
          left: { position: 1, packets: 5, bytes: 300 },
          right: { position: 1, packets: 6, bytes: 360 },
        },
        { packets: 0 },
        { packets: 0 },
      ],
    });
    const alone = await run(['diff', 'before.txt', '--counters'], { cwd: folder.path });
    expect(alone).toMatchObject({ exitCode: 2, stdout: '' });
    expect(alone.stderr).toContain('give two, as in diff BEFORE AFTER --counters');
  });
});
