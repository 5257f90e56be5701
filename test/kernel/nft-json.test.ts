/** `nft -j list ruleset` of what iptables-nft holds: check compares all that nft shows of it, and calls the rest unknown. */

import { beforeAll, expect, it } from 'vitest';
import { check } from '../../src/cli/check/check.ts';
import type { Result } from '../../src/cli/result.ts';
import { plain } from '../../src/cli/terminal/color.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { scratchFolder } from '../cli/program.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { PLAYS_ALL } from './trials.ts';

interface Item {
  readonly rule?: { readonly table: string; readonly chain: string; readonly expr: Readonly<Record<string, unknown>>[] };
}

const SETS: readonly (readonly string[])[] = [
  [],
  ['proxy.uids=1337,1338'],
  ['mode=TPROXY'],
  ['dns.capture=all'],
  ['mode=TPROXY', 'dns.capture=all', 'dropInvalid=true'],
  ['outbound.excludePorts=3306,5432', 'outbound.excludeRanges=10.1.0.0/16'],
  ['inbound.includePorts=80,8080'],
  ['outbound.ownerGroups=1000'],
];
const RELEASES = ['1.10.0', '1.28.0'];
const CASES = RELEASES.flatMap((release) => SETS.map((sets) => ({ release, sets, name: `${release} ${sets.join(' ')}` })));

// Each case begins at another rule, so that every place is played in some of them.
const isPlayed = (index: number, name: string): boolean => PLAYS_ALL || (index + CASES.findIndex((one) => one.name === name)) % 12 === 0;

describeKernel('the JSON of nft', () => {
  const folder = scratchFolder();
  const shown = new Map<string, readonly Item[]>();

  beforeAll(async () => {
    await inNamespace(async ({ run }) => {
      for (const { release, sets, name } of CASES) {
        const plan = planFromSettings({
          sets,
          release: { value: release, source: { kind: 'option', option: '--release' } },
          facts: { nameservers: ['10.0.0.10'] },
        });
        const { stdout, stderr } = await run(
          `nft flush ruleset\n${feed('iptables-nft-restore', printRestore(plan.ip))}nft -j list ruleset\n`,
        );
        expect(stderr).toBe('');
        shown.set(name, (JSON.parse(stdout) as { readonly nftables: readonly Item[] }).nftables);
      }
    });
    return folder.remove;
  });

  const checked = (items: readonly Item[], given: { readonly release?: string; readonly sets: readonly string[] }): Promise<Result> =>
    check({
      source: `${folder.path}/${folder.write('nft.json', JSON.stringify({ nftables: items }))}`,
      given: { ...given, sets: given.sets, env: [], addresses: [], nameservers: ['10.0.0.10'] },
      output: 'text',
      paint: plain,
      family: 'ip',
    });

  it.each(CASES)('of $name is not known, and has no drift', async ({ release, sets, name }) => {
    const { output, exitCode } = await checked(shown.get(name) ?? [], { release, sets: [...sets, 'proxy.port=15001'] });
    expect([exitCode, output]).toEqual([2, expect.stringMatching(/NOT KNOWN: \d+ of \d+ rules not read\n[\s\S]*^drift +none, /m)]);
    // Without settings nobody can say how many owners there should be.
    const found = await checked(shown.get(name) ?? [], { sets: [] });
    expect([found.exitCode, found.output]).toEqual([
      2,
      expect.stringMatching(/NOT KNOWN: \d+ of \d+ rules not read[\s\S]*iptables-save does/),
    ]);
    expect(found.output).not.toMatch(/(?:missing|changed) +IPv/);
  });

  it.each(CASES)('of $name without any one of its rules is wrong', async ({ release, sets, name }) => {
    const items = shown.get(name) ?? [];
    for (const [index, { rule }] of items.entries()) {
      if (rule === undefined || !isPlayed(index, name)) continue;
      const { output, exitCode } = await checked(items.toSpliced(index, 1), { release, sets: [...sets, 'proxy.port=15001'] });
      expect([exitCode, output], JSON.stringify(rule)).toEqual([1, expect.stringMatching(/NOT AS IT SHOULD BE: .*\b1 (?:rule|chain)/)]);
    }
  });

  it.each(CASES)('of $name with another verdict, or another part of iptables, is wrong', async ({ release, sets, name }) => {
    const items = shown.get(name) ?? [];
    for (const [index, { rule }] of items.entries()) {
      if (rule === undefined || !isPlayed(index, name)) continue;
      const other = rule.expr.map((part) => {
        if ('xt' in part) return { xt: { ...(part['xt'] as object), name: 'strange' } };
        return 'return' in part || 'jump' in part ? { accept: null } : part;
      });
      if (JSON.stringify(other) === JSON.stringify(rule.expr)) continue;
      const changed = items.with(index, { rule: { ...rule, expr: other } });
      const { output, exitCode } = await checked(changed, { release, sets: [...sets, 'proxy.port=15001'] });
      expect([exitCode, output], JSON.stringify(rule)).toEqual([1, expect.stringContaining('NOT AS IT SHOULD BE: ')]);
    }
  });

  it.each(CASES)('of $name as nft before 1.0.5 writes it is not known', async ({ release, sets, name }) => {
    const bare = (shown.get(name) ?? []).map((item) =>
      item.rule === undefined ? item : { rule: { ...item.rule, expr: item.rule.expr.map((part) => ('xt' in part ? { xt: null } : part)) } },
    );
    const { output, exitCode } = await checked(bare, { release, sets: [...sets, 'proxy.port=15001'] });
    expect([exitCode, output]).toEqual([2, expect.stringMatching(/NOT KNOWN: \d+ of \d+ rules not read\n[\s\S]*^drift +none, /m)]);
  });
});
